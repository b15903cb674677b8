package local

import "lianban/shared/store/files"

// Files is where the app keeps attachments.
func (a *App) Files() *files.Folder { return a.papers }

// Exponent fits how y grows with x.
func Exponent(xs, ys []float64) (float64, bool) { return exponent(xs, ys) }

// GrowthInWords says in English what an exponent means.
func GrowthInWords(e float64) string { return words{"en"}.growth(e) }
