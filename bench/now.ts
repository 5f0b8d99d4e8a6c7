/** Epoch milliseconds with fractions: comparable between processes, unlike `performance.now()`. */
export const nowMs = (): number => performance.timeOrigin + performance.now()
