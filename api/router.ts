import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from './env.ts'
import { refuseInvalid } from './inputs.ts'

/** An empty sub-app whose routes refuse what does not fit their schemas, with all findings. */
export const createRouter = () => new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid })
