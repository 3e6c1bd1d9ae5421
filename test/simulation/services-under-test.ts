/** The services that a simulated system is made of. */
export type ServiceUnderTest = 'detect' | 'decide' | 'deliver' | 'desk'

/** What it takes to send by SMS. */
export const servicesUnderTest: readonly ServiceUnderTest[] = ['detect', 'decide', 'deliver']

/** With people, who say things too. */
export const withPeople: readonly ServiceUnderTest[] = [...servicesUnderTest, 'desk']

/** Groups in which the processes of a service share shards. */
export const groupsOf = (service: ServiceUnderTest): readonly string[] =>
  service === 'decide' ? ['decide', 'learning'] : [service]
