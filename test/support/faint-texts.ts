/**
 * To be run in a page: the texts whose contrast with what is behind them is below that of WCAG AA, each with its ratio. Large texts
 * are held to the same 4.5 to 1. https://www.w3.org/TR/WCAG22/#contrast-minimum
 */
export const faintTexts = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number)
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((channel) => {
      const share = channel / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const groundOf = (element) => {
    if (element === null) return 'rgb(255, 255, 255)'
    const { backgroundColor } = getComputedStyle(element)
    return channels(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor
  }
  return [...document.querySelectorAll('body *')].flatMap((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue.trim() !== '')
    if (!own || element.getClientRects().length === 0 || element.namespaceURI.endsWith('svg')) return []
    const text = luminance(getComputedStyle(element).color)
    const ground = luminance(groundOf(element))
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05)
    return ratio >= 4.5 ? [] : [element.textContent.trim().slice(0, 40) + ': ' + ratio.toFixed(2)]
  })
})()`
