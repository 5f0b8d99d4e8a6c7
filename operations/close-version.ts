import { endVersion, type EndVersionDeps, type EndVersionInput } from './end-version.ts'

/**
 * Takes no new entries into the live version of a journey; whoever is inside goes on to the end.
 *
 * @throws {DomainError} `not_found`; `conflict` where it takes none already
 */
export async function closeVersion(deps: EndVersionDeps, input: EndVersionInput): Promise<void> {
  const name = `Version ${input.version} of "${input.key}"`
  await endVersion(deps, input, 'closed', (before) => {
    switch (before) {
      case 'live':
        return undefined
      case 'superseded':
        return `${name} takes no new entries already: a newer version took its place. Stop it if those inside are to leave.`
      case 'closed':
        return `${name} is closed already.`
      case 'stopped':
        return `${name} is stopped already, which is more than closed.`
    }
  })
}
