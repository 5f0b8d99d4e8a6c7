import { actorUrl } from './actor-url.ts'
import type { ApiDeps } from './deps.ts'
import { answerError, problem } from './errors.ts'
import { createGuard, type Guard } from './guard.ts'
import { arrival } from './middleware/arrival.ts'
import { requestId } from './middleware/request-id.ts'
import { serveOpenApi } from './openapi.ts'
import { createRouter } from './router.ts'
import { audienceRemovalRoutes } from './routes/audience-removals.ts'
import { audienceRoutes } from './routes/audiences.ts'
import { backtestRoutes } from './routes/backtest.ts'
import { codecRoutes } from './routes/codec.ts'
import { commandRoutes } from './routes/commands.ts'
import { confirmationRoutes } from './routes/confirmations.ts'
import { consentImportRoutes } from './routes/consent-import.ts'
import { consentTextRoutes } from './routes/consent-texts.ts'
import { consentRoutes } from './routes/consents.ts'
import { contactMatrixRoutes } from './routes/contact-matrix.ts'
import { controlRoutes } from './routes/control.ts'
import { customerCommandRoutes } from './routes/customer-commands.ts'
import { customerRoutes } from './routes/customers.ts'
import { dataQualityRoutes } from './routes/data-quality.ts'
import { decisionRoutes } from './routes/decisions.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { docsRoutes } from './routes/docs.ts'
import { entryRoutes } from './routes/entries.ts'
import { erasureRoutes } from './routes/erasures.ts'
import { exclusionRoutes } from './routes/exclusions.ts'
import { exportRoutes } from './routes/export.ts'
import { feedbackRoutes } from './routes/feedback.ts'
import { healthRoutes } from './routes/health.ts'
import { ingestRoutes } from './routes/ingest.ts'
import { jobRoutes } from './routes/jobs.ts'
import { journeyRoutes } from './routes/journeys.ts'
import { keyRoutes } from './routes/keys.ts'
import { mergeRoutes } from './routes/merges.ts'
import { messageRoutes } from './routes/messages.ts'
import { lifecycleReportRoutes } from './routes/lifecycle-reports.ts'
import { lifecycleRolloutRoutes } from './routes/lifecycle-rollouts.ts'
import { migrationRoutes } from './routes/migrations.ts'
import { nextRoutes } from './routes/next.ts'
import { onsiteRoutes } from './routes/onsite.ts'
import { outboxRoutes, type OutboxDeps } from './routes/outbox.ts'
import { preferenceRoutes } from './routes/preferences.ts'
import { reactionRoutes } from './routes/reactions.ts'
import { quarantineRoutes } from './routes/quarantine.ts'
import { checkpointRoutes } from './routes/checkpoints.ts'
import { agentTaskRoutes } from './routes/agent-tasks.ts'
import { caseRoutes } from './routes/cases.ts'
import { ruleDocumentRoutes } from './routes/rule-documents.ts'
import { renewalRoutes } from './routes/renewals.ts'
import { retentionRunRoutes } from './routes/retention-runs.ts'
import { schemaRoutes } from './routes/schema.ts'
import { simulateRoutes } from './routes/simulate.ts'
import { testCustomerRoutes } from './routes/test-customers.ts'
import { touchpointRoutes } from './routes/touchpoints.ts'
import { trackingRoutes } from './routes/tracking.ts'
import { trackingPlanReportRoutes } from './routes/tracking-plan-report.ts'
import { versionRoutes } from './routes/versions.ts'

/** The whole HTTP API over its dependencies: `app.request(…)` calls it without a network. */
export function createApp(deps: ApiDeps) {
  const app = createRouter()
  app.use(requestId, arrival(deps))
  app.onError(answerError(deps))
  app.notFound((c) => problem(c, 'not_found', `There is no ${c.req.method} ${c.req.path} here.`))
  const guard = createGuard(deps)
  const routes = app
    .route('/', ingestRoutes(deps, guard))
    .route('/', customerRoutes(deps, guard))
    .route('/', customerCommandRoutes(deps, guard))
    .route('/', consentRoutes(deps, guard))
    .route('/', consentTextRoutes(deps, guard))
    .route('/', consentImportRoutes(deps, guard))
    .route('/', nextRoutes(deps, guard))
    .route('/', dataQualityRoutes(deps, guard))
    .route('/', exclusionRoutes(deps, guard))
    .route('/', exportRoutes(deps, guard))
    .route('/', erasureRoutes(deps, guard))
    .route('/', mergeRoutes(deps, guard))
    .route('/', testCustomerRoutes(deps, guard))
    .route('/', journeyRoutes(deps, guard))
    .route('/', versionRoutes(deps, guard))
    .route('/', migrationRoutes(deps, guard))
    .route('/', audienceRoutes(deps, guard))
    .route('/', entryRoutes(deps, guard))
    .route('/', messageRoutes(deps, guard))
    .route('/', renewalRoutes(deps, guard))
    .route('/', ruleDocumentRoutes(deps, guard))
    .route('/', contactMatrixRoutes(deps, guard))
    .route('/', trackingPlanReportRoutes(deps, guard))
    .route('/', touchpointRoutes(deps, guard))
    .route('/', checkpointRoutes(deps, guard))
    .route('/', agentTaskRoutes(deps, guard))
    .route('/', caseRoutes(deps, guard))
    .route('/', retentionRunRoutes(deps, guard))
    .route('/', lifecycleRolloutRoutes(deps, guard))
    .route('/', lifecycleReportRoutes(deps, guard))
    .route('/', simulateRoutes(deps, guard))
    .route('/', backtestRoutes(deps, guard))
    .route('/', jobRoutes(deps, guard))
    .route('/', controlRoutes(deps, guard))
    .route('/', commandRoutes(deps, guard))
    .route('/', keyRoutes(deps, guard))
    .route('/', decisionRoutes(deps, guard))
    .route('/', deliveryRoutes(deps, guard))
    .route('/', audienceRemovalRoutes(deps, guard))
    .route('/', feedbackRoutes(deps, guard))
    .route('/', reactionRoutes(deps, guard))
    .route('/', onsiteRoutes(deps, guard))
    .route('/', quarantineRoutes(deps, guard))
    .route('/', healthRoutes(deps))
    .route('/', docsRoutes())
    .route('/', schemaRoutes())
    .route('/', preferenceRoutes(deps))
    .route('/', confirmationRoutes(deps))
    .route('/', trackingRoutes(deps))
    .route('/', codecRoutes(deps))
    .route('/', outboxRoutes(outboxDeps(deps, guard)))
  serveOpenApi(app)
  return routes
}

/** Mails are personal: who comes over the network needs a key, as user name in the browser's dialog. */
function outboxDeps(
  { db, temporalUi, isOpenToNetwork = false }: ApiDeps,
  guard: Guard,
): OutboxDeps {
  return {
    db,
    links: {
      customer: (customerId) => `/v1/customers/${customerId}`,
      workflow: (customerId) => actorUrl(temporalUi, customerId),
    },
    ...(isOpenToNetwork ? { guard: guard.page } : {}),
  }
}

/**
 * The type that typed clients are made of.
 *
 * @public
 */
export type App = ReturnType<typeof createApp>
