/** `npm run imports`: asks dependency-cruiser for breaches of .dependency-cruiser.mjs, and that it saw the sources. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractConfiguration from 'dependency-cruiser/config-utl/extract-depcruise-config'
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const root = join(import.meta.dirname, '..', '..')
process.chdir(root)

const configuration = await extractConfiguration('./.dependency-cruiser.mjs')
const folders = ['services', 'cli', 'bin', 'deploy', 'docs', 'test'].filter((folder) => existsSync(folder))
const { options, ...ruleSet } = configuration
const { output } = await cruise([...folders, 'vitest.config.ts'], { ...options, ruleSet, validate: true }, undefined, {
  tsConfig: extractTsConfig('tsconfig.json'),
})
if (typeof output === 'string') throw new Error('dependency-cruiser gave text where a result was asked for')
const { modules, summary }: ICruiseResult = output

for (const { rule, from, to, cycle } of summary.violations) {
  const way = cycle ? cycle.map(({ name }) => name).join(' → ') : to
  const comment = configuration.forbidden?.find(({ name }) => name === rule.name)?.comment ?? ''
  console.error(`${from} → ${way}\n  ${rule.name}: ${comment}`)
}

// With a TypeScript that it doesn't know, dependency-cruiser sees no .ts file and is content.
const seen = modules.filter(({ source }) => source.endsWith('.ts') && !source.includes('node_modules'))
const edges = seen.reduce((sum, { dependencies }) => sum + dependencies.length, 0)
const typed = seen.some(({ dependencies }) =>
  dependencies.some(({ dependencyTypes }) => dependencyTypes.includes('type-only')),
)
const blind = seen.length <= 30 || edges <= seen.length || !typed
if (blind) console.error(`saw ${seen.length} modules with ${edges} imports: too few; does it know this TypeScript?`)
const { version } = JSON.parse(readFileSync('node_modules/dependency-cruiser/package.json', 'utf8'))
console.log(`dependency-cruiser ${version}: ${seen.length} modules, ${edges} imports, ${summary.error} breaches`)
process.exitCode = summary.error > 0 || blind ? 1 : 0
