import type { Profile } from './fact-change.ts'

/** What is known of a customer when another one turned out to be the same person: of two values the winner's. */
export function mergeProfiles(winner: Profile, loser: Profile): Profile {
  return {
    traits: { ...loser.traits, ...winner.traits },
    known: winner.known || loser.known,
    zone: winner.zone === 'UTC' ? loser.zone : winner.zone,
  }
}
