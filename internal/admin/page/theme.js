// A classic script in the head, so that a chosen theme is there before the first paint.
try {
  const chosen = localStorage.getItem('outrigger-theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Without storage the theme of the system stays.
}
