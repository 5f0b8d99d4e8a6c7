import { z } from '@hono/zod-openapi'
import type { AgentTaskRow } from '../../db/agent-task-pages.ts'
import { AGENT_TASK_STATUSES } from '../../domain/agent-tasks/task-state.ts'
import type { PrioritizedTask } from '../../operations/prioritize-agent-tasks.ts'
import { instant } from '../answers.ts'

export const agentTaskSchema = z
  .object({
    id: z.string().openapi({ description: 'Of the delivery that proposed it' }),
    customerId: z.string(),
    journey: z.string(),
    version: z.number().int(),
    message: z.string(),
    title: z.string(),
    text: z.string(),
    reason: z.string().openapi({ description: 'Why this customer, why now' }),
    status: z.enum(AGENT_TASK_STATUSES),
    createdAt: instant.openapi({ description: "This and the others: on the customer's clock" }),
    expiresAt: instant,
    offered: z
      .object({ agent: z.string(), until: instant })
      .nullable()
      .openapi({ description: 'Who got it last, and until when nobody else does' }),
    decided: z
      .object({
        at: instant,
        agent: z
          .string()
          .nullable()
          .openapi({ description: 'Null: its time was over, or its run had left' }),
        reason: z.string().nullable(),
        note: z.string().nullable(),
      })
      .nullable(),
    priority: z.object({
      points: z.number(),
      parts: z.array(z.object({ name: z.string(), points: z.number(), because: z.string() })),
    }),
  })
  .openapi('AgentTask')

export const toAgentTask = ({ row, priority }: PrioritizedTask) => ({
  id: row.taskId,
  customerId: row.customerId,
  journey: row.journey,
  version: row.version,
  message: row.message,
  title: row.title,
  text: row.text,
  reason: row.reason,
  status: row.status,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  offered: offered(row),
  decided: decided(row),
  priority: { points: priority.points, parts: [...priority.parts] },
})

const offered = ({ offeredTo: agent, offeredUntil }: AgentTaskRow) =>
  agent === null || offeredUntil === null ? null : { agent, until: offeredUntil.toISOString() }

const decided = ({ decidedAt, decidedBy: agent, decisionReason: reason, note }: AgentTaskRow) =>
  decidedAt === null ? null : { at: decidedAt.toISOString(), agent, reason, note }
