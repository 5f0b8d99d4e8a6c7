import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addAudienceCommands } from './commands/audiences.ts'
import { addBacktest } from './commands/backtest.ts'
import { addCheck } from './commands/check.ts'
import { addConsentCommands } from './commands/consents.ts'
import { addControlCommands } from './commands/control.ts'
import { addCustomerCommands } from './commands/customers.ts'
import { addDataQualityCommands } from './commands/data-quality.ts'
import { addDecisionCommands } from './commands/decisions.ts'
import { addImport } from './commands/import.ts'
import { addEntryCommands } from './commands/entries.ts'
import { addErasureCommands } from './commands/erasures.ts'
import { addMergeCommands } from './commands/merges.ts'
import { addCheckpointCommands } from './commands/checkpoints.ts'
import { addAgentTaskCommands } from './commands/agent-tasks.ts'
import { addCaseCommands } from './commands/cases.ts'
import { addRenewCommands } from './commands/renew.ts'
import { addRetentionCommands } from './commands/retention.ts'
import { addFeedbackCommands } from './commands/feedback.ts'
import { addLifecycleCommands } from './commands/lifecycle.ts'
import { addMessageCommands } from './commands/messages.ts'
import { addMigrate } from './commands/migrate.ts'
import { addMigrationCommands } from './commands/migrations.ts'
import { addPublishRules } from './commands/publish-rules.ts'
import { addPublish } from './commands/publish.ts'
import { addRuleCommands } from './commands/rules.ts'
import { addSend } from './commands/send.ts'
import { addSimulate } from './commands/simulate.ts'
import { addTouchpointCommands } from './commands/touchpoints.ts'
import { addVersionCommands } from './commands/versions.ts'
import { painter } from './context.ts'
import { EXIT } from './exit-codes.ts'
import type { Commands } from './options.ts'

const OUTLINE = `
Where the server is: RUMBO_URL and RUMBO_API_KEY, else what a running server left in its data folder (RUMBO_DATA, ./.rumbo).

Exit codes:
  ${EXIT.ok}    done
  ${EXIT.refused}    there are findings, or the server or you said no
  ${EXIT.usage}    the command line is wrong: an option, a file, a setting
  ${EXIT.outage}    no server, no key that it knows, or an outage on its side
  ${EXIT.bug}    a fault of this program
  ${EXIT.interrupted}  ended by Ctrl-C`

/** All commands. */
export function createProgram(commands: Commands): Command {
  const { stdout, stderr } = commands.context
  const program = new Command('rumbo')
    .description('Journeys, customers and events of a Rumbo server, from the command line.')
    .addHelpText('after', OUTLINE)
    .version(versionOf(), '--version', 'show the version of Rumbo')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(painter(stderr)('red', text)),
      getOutHasColors: () => stdout.isTTY === true,
      getErrHasColors: () => stderr.isTTY === true,
    })
    .configureHelp({
      showGlobalOptions: false,
      styleTitle: (title) => painter(stdout)('bold', title),
    })
    .showHelpAfterError('(--help shows examples)')

  const journeys = group(program, 'journeys', 'check, publish, compare and end journeys')
  addCheck(journeys, commands)
  addPublish(journeys, commands)
  addVersionCommands(journeys, commands)
  addMigrate(journeys, commands)
  addMigrationCommands(journeys, commands)

  const rules = group(
    program,
    'rules',
    'check, publish and compare contact policy, arbitration, lifecycle, retention',
  )
  addRuleCommands(rules, commands)
  addPublishRules(rules, commands)

  const audiences = group(
    program,
    'audiences',
    'check, count and publish audiences, and see how they enter journeys',
  )
  addAudienceCommands(audiences, commands)
  addEntryCommands(audiences, commands)

  const messages = group(
    program,
    'messages',
    'check, show and publish messages, and replace a text everywhere',
  )
  addMessageCommands(messages, commands)
  addRenewCommands(messages, commands)

  const lifecycle = group(
    program,
    'lifecycle',
    'see how customers move between states, and bring rules to everybody',
  )
  addLifecycleCommands(lifecycle, commands)

  addSimulate(program, commands)
  addBacktest(program, commands)

  const customers = group(
    program,
    'customers',
    'see where a customer stands, and move test customers in time',
  )
  addCustomerCommands(customers, commands)

  const cases = group(program, 'cases', 'see which service case comes first, and why')
  addCaseCommands(cases, commands)

  const tasks = group(program, 'tasks', 'see what the call centre is to propose, and decide it')
  addAgentTaskCommands(tasks, commands)

  const retention = group(program, 'retention', 'see what is deleted by age, and delete now')
  addRetentionCommands(retention, commands)

  const erasures = group(program, 'erasures', 'forget people, and see what was erased where')
  addErasureCommands(erasures, commands)

  const merges = group(program, 'merges', 'see which customers became one, and decide about doubts')
  addMergeCommands(merges, commands)
  const quality = group(program, 'data-quality', "see how good customers' data is, and repair it")
  addDataQualityCommands(quality, commands)
  addCheckpointCommands(
    group(quality, 'checkpoints', 'look at it regularly: worklist, effort, sign-off'),
    commands,
  )

  const decisions = group(program, 'decisions', 'see why a decision was taken, and take it again')
  addDecisionCommands(decisions, commands)

  const events = group(program, 'events', 'send events, and import files of them')
  addSend(events, commands)
  addImport(events, commands)

  const touchpoints = group(
    program,
    'touchpoints',
    'see where events come from, and who has fallen silent',
  )
  addTouchpointCommands(touchpoints, commands)

  const feedback = group(program, 'feedback', 'see what people did with what was sent')
  addFeedbackCommands(feedback, commands)

  const consents = group(program, 'consents', 'import what customers have agreed to elsewhere')
  addConsentCommands(consents, commands)

  const control = group(program, 'control', 'stop and resume sends, and say what is scarce')
  addControlCommands(control, commands)
  return program
}

/** As `package.json` says. */
function versionOf(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const group = (program: Command, name: string, summary: string): Command =>
  program.command(name).summary(summary).description(summary)
