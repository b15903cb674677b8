package intake

import "testing"

func FuzzReceiptNumbersAreReadInAnyBrackets(f *testing.F) {
	for _, text := range []string{"诉求〔2026〕000001", "2026-000001", "２０２６ 1", "202600000000000000000000000000001", "", "\xff2026-1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := ParseReceipt(text)
		if !ok {
			return
		}
		if again, ok := ParseReceipt(Receipt(id)); !ok || again != id {
			t.Errorf("%q is read as %q, and its receipt as %q", text, id, again)
		}
	})
}
