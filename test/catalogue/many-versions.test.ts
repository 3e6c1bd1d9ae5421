import { expect, onTestFinished, test } from 'vitest'
import { createCatalogueChecks } from '../../services/catalogue/checks.ts'
import type { CatalogueFile } from '../../services/catalogue/files.ts'
import { pageOf } from '../../services/catalogue/version-pages.ts'
import { contentOf, threshold } from './contents.ts'
import { createProcesses } from './processes.ts'

const many = 200
const files = (seconds: number): readonly CatalogueFile[] => contentOf(threshold(seconds)).files as CatalogueFile[]

test('after two hundred versions a process that starts loads those that it needs, and any other when it is asked for', {
  timeout: 120_000,
}, async () => {
  const processes = await createProcesses()
  const { versions } = await processes.open()
  for (let number = 1; number <= many; number++) {
    await versions.publisher.publish({ files: files(number), author: 'Li Wei', reason: `${number}`, source: 'http' })
    processes.advance(2_000)
  }

  const checks = createCatalogueChecks()
  onTestFinished(() => checks.close())
  let loads = 0
  const counted: typeof checks = {
    ...checks,
    load(asked) {
      loads++
      return checks.load(asked)
    },
  }
  const later = await processes.open({ checks: counted })
  expect(later.versions.present().number).toBe(many)
  expect(loads, 'of all versions one is in force').toBe(1)
  expect(later.versions.history.versions).toHaveLength(many)

  // A shard that reads what happened long ago is judged by what was in force then.
  for (const number of [2, 77, 199]) {
    const { activatesAt } = later.versions.history.get(number)
    const { number: found, catalogue } = later.versions.schedule.at(activatesAt)
    expect([found, catalogue.version]).toEqual([number, later.versions.history.get(number).version])
  }
  expect(later.versions.history.get(3).files()).toEqual(files(3))

  const numbers: number[] = []
  for (let before: number | null = many + 1; before !== null; ) {
    const page = pageOf(later.versions.history.versions, { before: String(before), limit: '30' })
    numbers.push(...page.page.map(({ number }) => number))
    before = page.before
  }
  expect(numbers).toEqual(Array.from({ length: many }, (_, i) => many - i))
})
