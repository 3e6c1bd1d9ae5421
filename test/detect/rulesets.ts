import type { Catalogue } from '../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { Ruleset } from '../../services/rules/ruleset.ts'

const policy = `default_time_zone: Asia/Shanghai
default_language: zh
quiet_hours: []
caps: []
gaps: {}
`
const offers = '- { id: thanks, title: { en: Thanks }, message: { en: Thanks } }\n'

/** A ruleset from the text of factors and rules (YAML, without what every rule has alike). */
export const rulesetOf = (factors: string, rules: string, tags = ''): Ruleset =>
  catalogueOf(factors, rules, tags).ruleset

export function catalogueOf(factors: string, rules: string, tags = ''): Catalogue {
  const loaded = loadCatalogue([
    { path: 'policy.yaml', text: policy },
    { path: 'offers/all.yaml', text: offers },
    { path: 'factors/all.yaml', text: factors },
    { path: 'rules/all.yaml', text: rules },
    ...(tags === '' ? [] : [{ path: 'tags/all.yaml', text: tags }]),
  ])
  if (!loaded.catalogue) throw new Error(loaded.problems.map(String).join('\n') || JSON.stringify(loaded.problems))
  return loaded.catalogue
}
