/** Whether it is written as E.164 says: a plus sign, and 7 to 15 digits of which the first is not 0. */
export const isPhoneNumber = (text: string): boolean => /^\+[1-9][0-9]{6,14}$/.test(text)
