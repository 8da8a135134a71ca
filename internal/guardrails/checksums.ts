/** Whether the last digit is the check digit of the others (ISO/IEC 7812-1, Luhn's formula). Other characters are passed over. */
export function passesLuhn(text: string): boolean {
  let sum = 0
  let double = false
  for (let at = text.length - 1; at >= 0; at--) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) continue
    sum += double && digit > 4 ? digit * 2 - 9 : double ? digit * 2 : digit
    double = !double
  }
  return sum % 10 === 0
}

/** Whether the check digits of an IBAN are right (ISO 13616, ISO 7064 MOD 97-10). Spaces are passed over. */
export function passesMod97(text: string): boolean {
  const iban = text.replaceAll(' ', '').toUpperCase()
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97
  }
  return rest === 1
}
