import type { LifecycleDocument } from './lifecycle-document.ts'
import { PRESET_RULES } from './lifecycle-presets.ts'
import type { LifecycleRules } from './lifecycle-rules.ts'

/** A document as a rule book holds it: nothing left unsaid. */
export function compileLifecycle(
  { $schema: _, preset = 'shop', rollout, purchase, repeater, hero, ...said }: LifecycleDocument,
  version: number,
): LifecycleRules {
  const base = PRESET_RULES[preset]
  return {
    ...base,
    ...said,
    purchase: { ...base.purchase, ...purchase },
    repeater: { ...base.repeater, ...repeater },
    hero: { ...base.hero, ...hero },
    version,
    ...(rollout?.entries === 'trigger' ? { triggersEntries: true } : {}),
  }
}
