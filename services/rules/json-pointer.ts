/** A JSON pointer as a path; indexes of lists as numbers. */
export function pathOf(pointer: string, root: unknown): (string | number)[] {
  const path: (string | number)[] = []
  let parent = root
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(parent) ? Number(key) : key)
    parent = (parent as Record<string, unknown> | undefined)?.[key]
  }
  return path
}
