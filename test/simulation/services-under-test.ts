/** The services that a simulated system is made of. */
export type ServiceUnderTest = 'detect' | 'decide' | 'deliver'
export const servicesUnderTest: readonly ServiceUnderTest[] = ['detect', 'decide', 'deliver']
