import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { didYouMeanOneOf } from '../../services/domain/nearest-name.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { missingExamples, readExamples } from '../../services/timelines/examples.ts'
import { timelineProblem } from '../../services/timelines/problem.ts'
import { createTimelineRunner, type TimelineResult } from '../../services/timelines/run-timeline.ts'

export interface TestArguments {
  /** Only examples of this rule. */
  readonly rule?: string
  readonly allowMissing?: boolean
  readonly json?: boolean
}

/**
 * Runs the worked examples of a catalogue folder and prints what failed to stdout.
 * @returns the exit code: 1 for a problem, a failure or a rule without examples
 * @throws CodedError KM_CATALOGUE_FOLDER, KM_USAGE (no such rule)
 */
export async function testCatalogue(dir: string, { rule, allowMissing, json }: TestArguments): Promise<0 | 1> {
  const files = await readCatalogueFolder(dir)
  const { catalogue, problems = [] } = loadCatalogue(files)
  if (!catalogue) return report({ problems, results: [], missing: [] }, json ?? false)
  if (rule !== undefined) checkRule(rule, catalogue)

  const faults: CodedError[] = []
  const isAsked = ({ rules }: { readonly rules: readonly string[] }) => rule === undefined || rules.includes(rule)
  const examples = readExamples(files, catalogue, faults).filter(isAsked)
  const run = await createTimelineRunner()
  const results = examples.map(run)
  const missing = allowMissing ? [] : missingIn(catalogue, results, rule)
  return report({ problems: faults, results, missing }, json ?? false)
}

function checkRule(rule: string, { ruleset }: Catalogue): void {
  const ids = ruleset.rules.map(({ id }) => id)
  if (!ids.includes(rule)) throw new CodedError('KM_USAGE', `no rule '${rule}'${didYouMeanOneOf(rule, ids)}`)
}

/** Where a rule stands that lacks an example. */
function missingIn({ ruleset }: Catalogue, results: readonly TimelineResult[], only: string | undefined): CodedError[] {
  const rules = ruleset.rules.filter(({ id }) => only === undefined || id === only)
  const ids = rules.map(({ id }) => id)
  return missingExamples(
    results.map(({ timeline }) => timeline),
    ids,
  ).flatMap(({ rule, lacks }) => {
    const location = rules.find(({ id }) => id === rule)?.location ?? {}
    const shows = lacks.map((kind) => (kind === 'firing' ? 'fires' : 'does not fire where it nearly does'))
    const message = `no example shows that '${rule}' ${shows.join(', and none that it ')}`
    return [timelineProblem('KM_TIMELINE_NO_EXAMPLE', message, location)]
  })
}

interface Report {
  readonly problems: readonly CodedError[]
  readonly results: readonly TimelineResult[]
  readonly missing: readonly CodedError[]
}

function report({ problems, results, missing }: Report, json: boolean): 0 | 1 {
  const failed = results.filter(({ failures }) => failures.length > 0)
  const passed = results.length - failed.length
  if (json) {
    const found = {
      passed,
      failed: failed.length,
      problems: problems.map(plain),
      examples: results.map(({ timeline: { title, rules, location }, failures }) => ({
        title,
        rules,
        ...location,
        passed: failures.length === 0,
        failures: failures.map(plain),
      })),
      missing: missing.map(plain),
    }
    process.stdout.write(`${JSON.stringify(found)}\n`)
  } else {
    const lines = [...problems, ...failed.flatMap(({ failures }) => failures), ...missing]
    process.stdout.write(lines.map((line) => `${String(line)}\n`).join(''))
  }
  const parts = [
    `${passed} passed, ${failed.length} failed`,
    ...(problems.length > 0 ? [`${problems.length} problems`] : []),
    ...(missing.length > 0 ? [`${missing.length} examples missing`] : []),
  ]
  process.stderr.write(`${parts.join(', ')}\n`)
  return failed.length + problems.length + missing.length > 0 ? 1 : 0
}

const plain = ({ code, message, location }: CodedError): object => ({ code, message, ...location })
