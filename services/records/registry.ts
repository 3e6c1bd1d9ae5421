/** Port: schema ids. Adapters: `embedded-registry.ts` and `confluent-registry.ts`. */
export interface SchemaRegistry {
  /** The id of the schema under the subject; registers it if it is new there. @throws CodedError KM_SCHEMA_INCOMPATIBLE, KM_REGISTRY_UNAVAILABLE (canRetry) */
  register(subject: string, schema: object): Promise<number>
  /** undefined: no such id. @throws CodedError KM_REGISTRY_UNAVAILABLE (canRetry) */
  schema(id: number): Promise<object | undefined>
  close(): Promise<void>
}
