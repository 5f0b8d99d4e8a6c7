/** Every workflow type: each export is one. */
export { audienceEntry } from './audience-entry.ts'
export { audienceWatch } from './audience-watch.ts'
export { backtest } from './backtest.ts'
export { customer } from './customer.ts'
export { migration } from './migration.ts'
export { resume } from './resume.ts'
export { retention } from './retention.ts'
export { rollout } from './rollout.ts'
