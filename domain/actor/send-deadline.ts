import type { Send } from './customer-state.ts'

/** How long a message is tried and held, where its step does not say. */
const GIVE_UP_AFTER_MS = 3 * 86_400_000

/** After this instant a message is not sent any more. */
export const sendDeadlineMs = ({
  sendByMs,
  firstTriedAtMs,
}: Pick<Send, 'sendByMs' | 'firstTriedAtMs'>): number =>
  sendByMs ?? firstTriedAtMs + GIVE_UP_AFTER_MS
