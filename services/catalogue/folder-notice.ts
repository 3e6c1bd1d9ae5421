/** How it stands with what a process's folder holds: what the log says of it, for who asks over HTTP. */
export interface FolderNotice {
  /**
   * `published`: what it holds is what a folder published last. `waiting`: a file may be saved half; it is published unless
   * it changes. `retrying`: it could not be published for now. `refused`: it is wrong.
   */
  readonly state: 'published' | 'waiting' | 'retrying' | 'refused'
  readonly code: string | null
  readonly message: string | null
  /** The engine's time; milliseconds since 1970. */
  readonly since: number
}
