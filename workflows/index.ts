/** Every workflow type: each export is one. */
export { customer } from './customer.ts'
