import type { ExclusionPreset, ExclusionPresetName, ExclusionRule } from './policy.ts'

/** A case that goes on as another one is held back for by that one. */
const CASE_OVER = [{ event: 'Case Resolved' }, { event: 'Case Closed' }, { event: 'Case Joined' }]

/** Ready-made rules under the names of events and properties that `docs/exclusions.md` gives. */
const PRESETS: Readonly<Record<ExclusionPresetName, Omit<ExclusionRule, 'name'>>> = {
  complaintOpen: {
    open: [{ event: 'Complaint Opened' }],
    close: [{ event: 'Complaint Closed' }],
    per: 'complaint_id',
  },
  answerLate: {
    open: [{ event: 'Complaint Opened' }],
    close: [{ event: 'Complaint Answered' }, { event: 'Complaint Closed' }],
    per: 'complaint_id',
    after: { property: 'answer_due_at', default: 'P2D' },
  },
  caseOpen: {
    open: [{ event: 'Case Opened' }, { event: 'Case Reopened' }],
    close: CASE_OVER,
    per: 'case',
  },
  caseAnswerLate: {
    open: [{ event: 'Case Opened' }, { event: 'Case Reopened' }],
    close: CASE_OVER,
    per: 'case',
    after: { property: 'case_promised_at', default: 'P2D' },
    scope: { classes: ['marketing', 'relationship'] },
  },
  tooManyCalls: {
    open: [{ event: 'Call Received' }],
    per: 'case_id',
    beyond: { max: 3, window: 'P7D' },
  },
  unusuallyManyCalls: {
    open: [{ event: 'Call Received' }],
    beyond: { deviations: 3, window: 'P30D' },
  },
  upset: {
    open: [{ event: 'Mood Recorded' }],
    decay: { property: 'intensity', halfLife: 'P3D', threshold: 0.3 },
  },
  influencer: {
    while: 'has(customer.traits.influencer) && customer.traits.influencer == true',
    scope: { classes: ['marketing', 'relationship'] },
  },
  hardBounce: {
    open: [{ event: 'Email Bounced', when: "event.properties.type == 'hard'" }],
    blocks: { channel: 'email', property: 'email' },
  },
  spamComplaint: {
    open: [{ event: 'Email Marked as Spam' }, { event: 'Email Marked As Spam' }],
    blocks: { channel: 'email', property: 'email' },
  },
}

/** A ready-made rule, written out: named like its preset, with what stands beside it in place of its own. */
export function expandPreset({ preset, ...changes }: ExclusionPreset): ExclusionRule {
  return { name: preset, ...PRESETS[preset], ...changes }
}

/** A rule as it stands in a policy, written out. */
export const ruleOf = (exclusion: ExclusionRule | ExclusionPreset): ExclusionRule =>
  'preset' in exclusion ? expandPreset(exclusion) : exclusion
