import type { Calendar } from '../domain/calendar.ts'
import { deterministicId } from '../domain/ids.ts'
import { checkAcceptances } from './acceptance.ts'
import { checkAudiences } from './audience.ts'
import { checkDraws } from './budgets.ts'
import { checkCalendar } from './calendars.ts'
import { checkCampaigns, checkVariants } from './campaigns.ts'
import { checkCapCategories } from './caps.ts'
import type { Catalogue, Policy } from './catalogue.ts'
import { checkContextFactors, tellingContext } from './context-factors.ts'
import { checkFactors } from './factors.ts'
import { type KnownSegments, knownSegments } from './known-segments.ts'
import { mergeLayers } from './layers.ts'
import { checkExploration } from './learning.ts'
import { checkOfferCategories, withDefaultCategory } from './offer-categories.ts'
import { checkOfferedSegments } from './offered-segments.ts'
import { checkOffers } from './offers.ts'
import { isNew } from './once-only.ts'
import { checkPolicy } from './policy.ts'
import { type Problem, problem } from './problem.ts'
import { kindOf, readFiles } from './read-files.ts'
import { checkRule, type Known } from './rules.ts'
import type { Rule } from './ruleset.ts'
import { changeFactors, watchedSegments } from './segment-changes.ts'
import { allSegmentFactors, segmentFactors, segmentVersions } from './segment-factors.ts'
import { checkSegments } from './segments.ts'
import { checkShape } from './shape.ts'
import type { SourceFile, SourceNode } from './source.ts'
import { checkTags } from './tags.ts'
import { checkMessages, checkVariantMessages } from './templates/check-messages.ts'

/** Either a catalogue without fault, or everything that is wrong, in the order of files, lines and columns. */
export type LoadedCatalogue =
  | { readonly catalogue: Catalogue; readonly problems?: undefined }
  | { readonly catalogue?: undefined; readonly problems: readonly Problem[] }

/**
 * Reads and checks the files of a catalogue folder as a whole: YAML below `factors/`, `rules/`, `offers/`, `campaigns/`,
 * `segments/` and `tags/`, and `policy.yaml` (the last folder of these names in a path counts). Worked examples below `examples/` are
 * no part of it. Pure: no file, no clock.
 */
export function loadCatalogue(files: readonly SourceFile[]): LoadedCatalogue {
  const problems: Problem[] = []
  const ordered = mergeLayers(files, problems).sort((a, b) => (a.path < b.path ? -1 : 1))
  const { sources, lost } = readFiles(ordered, problems)

  const tags = checkTags(sources.tags, lost.tags, problems)
  const { factors, scopes, versions } = checkFactors(sources.factors, tags, lost.factors, problems)
  const calendars = checkCalendars(sources.calendars, problems)
  // Segments may ask for those of other dimensions.
  const named = sources.segments.flatMap(({ id }) => id ?? [])
  scopes.knowSegments(new Set([...named, ...lost.segments]))
  const { segments, ids } = checkSegments(sources.segments, scopes, problems)
  const cells = knownSegments(segments, [...ids, ...lost.segments])
  const before = problems.length
  const policy = onlyPolicy(sources.policy, ordered, new Set(calendars.keys()), cells, problems)
  // What follows from a fault of the policy is no fault of the offers.
  const held = { segments: cells, policy: problems.length === before ? policy : undefined }
  const offers = checkOffers(sources.offers, lost.offers, held, problems)
  checkAcceptances(sources.offers, offers, { tags, segments: cells }, problems)
  const campaigns = checkCampaigns(
    sources.campaigns,
    lost.campaigns,
    new Set(offers.keys()),
    !policy || policy.holdout !== undefined,
    problems,
  )
  const factorVersions = new Map([...versions, ...segmentVersions(segments, versions)])
  const known: Known = {
    scopes,
    factorVersions,
    offers: new Set(offers.keys()),
    campaigns: new Set(campaigns.keys()),
    tags,
    calendars: [...calendars.values()].filter((calendar) => calendar !== undefined),
    segments: watchedSegments(segments, cells, [...factors, ...allSegmentFactors(segments)], factorVersions),
  }
  const rules = checkRules(sources.rules, known, problems)
  const hasAllRules = rules.length === sources.rules.length && lost.rules.size === 0
  if (hasAllRules) checkVariants(sources.campaigns, campaigns, rules, problems)
  const told = { offers, made: factors, factors: scopes.factors, rules, hasAllRules, policy }
  const sound = [...campaigns.values()].filter((campaign) => campaign !== undefined)
  checkMessages(sources.offers, sound, told, problems)
  if (hasAllRules) checkOfferedSegments(sources.offers, { offers, rules, campaigns: sound }, cells, problems)
  checkVariantMessages(sources.campaigns, campaigns, told, problems)
  if (policy) {
    checkAudiences(sources.rules, rules, policy, problems)
    checkAudiences(sources.campaigns, [...campaigns.values()], policy, problems)
  }
  if (policy) checkContextFactors(sources.policy, policy, scopes.factors, problems)
  if (policy) checkOfferCategories(sources.offers, offers, policy, problems)
  if (policy && [...offers.values()].every((offer) => offer !== undefined)) {
    checkExploration(
      sources.policy,
      policy,
      [...offers.values()].filter((offer) => offer !== undefined),
      problems,
    )
  }
  // One that is taken over was checked with all that it speaks of, of which a catalogue above it may leave something out.
  const isOwn = !ordered.some(({ path, layer = 0 }) => layer > 0 && kindOf(path) === 'policy')
  if (held.policy && isOwn) checkDraws(sources.policy, held.policy, { offers, campaigns, rules, hasAllRules }, problems)
  if (policy) checkCapCategories(sources.policy, policy, [...offers.values()], problems)

  if (problems.length > 0 || !policy) return { problems: problems.sort(byPlace) }
  const version = versionOf(ordered)
  const { defaultCalendar } = policy
  const ruleset = {
    version,
    factors: [...factors, ...segmentFactors(segments, rules), ...changeFactors(segments, known.segments, rules)],
    rules: tellingContext(rules, policy),
    segments: segments.map(({ location: _location, ...segment }) => segment),
    calendars: known.calendars,
    ...(defaultCalendar !== undefined && { defaultCalendar }),
  }
  return {
    catalogue: {
      version,
      ruleset,
      offers: withDefaultCategory(
        [...offers.values()].filter((offer) => offer !== undefined),
        policy,
      ),
      campaigns: sound,
      tags: [...tags.values()].filter((tag) => tag !== undefined),
      calendars: known.calendars,
      policy,
    },
  }
}

/** By id; undefined for one which is faulty. */
function checkCalendars(nodes: readonly SourceNode[], problems: Problem[]): ReadonlyMap<string, Calendar | undefined> {
  const calendars = new Map<string, Calendar | undefined>()
  for (const node of nodes) {
    const shaped = checkShape('calendar', node, problems)
    const calendar = shaped && checkCalendar(shaped.raw, shaped.subject)
    const { id } = node
    if (id === undefined || !isNew('calendar', id, calendars, node, problems)) continue
    calendars.set(id, shaped?.isWhole ? calendar : undefined)
  }
  return calendars
}

function checkRules(nodes: readonly SourceNode[], known: Known, problems: Problem[]): readonly Rule[] {
  const rules: Rule[] = []
  const seen = new Map<string, undefined>()
  for (const node of nodes) {
    const shaped = checkShape('rule', node, problems)
    const rule = shaped && checkRule(shaped.raw, shaped.subject, known)
    const { id } = node
    if (id === undefined || !isNew('rule', id, seen, node, problems)) continue
    seen.set(id, undefined)
    if (rule) rules.push(rule)
  }
  return rules
}

function onlyPolicy(
  nodes: readonly SourceNode[],
  files: readonly SourceFile[],
  calendars: ReadonlySet<string>,
  segments: KnownSegments,
  problems: Problem[],
): Policy | undefined {
  const [node, second] = nodes
  const unread = files.some((file) => kindOf(file.path) === 'policy')
  if (second) problems.push(problem('KM_CATALOGUE_NO_POLICY', 'there is a second policy; keep one', second.at([])))
  if (!node) {
    // A policy.yaml which could not be read has said so itself.
    if (!unread) problems.push(problem('KM_CATALOGUE_NO_POLICY', 'there is no policy.yaml; add one', {}))
    return undefined
  }
  const shaped = checkShape('policy', node, problems)
  return shaped && checkPolicy(shaped.raw, shaped.subject, calendars, segments)
}

/** Over names and contents of all files, wherever the folder stands. */
function versionOf(files: readonly SourceFile[]): string {
  const parts = files.flatMap(({ path, text }) => [
    kindOf(path) ?? '',
    path.split(/[\\/]/).at(-1) ?? '',
    typeof text === 'string' ? text : new TextDecoder().decode(text),
  ])
  return deterministicId('catalogue', ...parts)
}

function byPlace({ location: a }: Problem, { location: b }: Problem): number {
  if (a?.file !== b?.file) return (a?.file ?? '') < (b?.file ?? '') ? -1 : 1
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0)
}
