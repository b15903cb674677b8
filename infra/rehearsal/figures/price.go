package figures

import "fmt"

// List prices in USD, us-east-1, without free tiers, discounts, taxes, storage and
// transfer, as AWS published them and as known on 2026-11-22: Lambda for arm64 up
// to 7.5 billion GB-seconds a month, DynamoDB on-demand since the reduction of
// 2024-11-01, Step Functions Standard, API Gateway REST up to 333 million calls.
// Reading a stream for Lambda is not charged.
const (
	PricesOf          = "2026-11-22"
	perTransition     = 0.025 / 1000
	perInvocation     = 0.20 / 1e6
	perGBSecond       = 0.0000133334
	perWriteUnit      = 0.625 / 1e6
	perReadUnit       = 0.125 / 1e6
	perGatewayRequest = 3.50 / 1e6
)

// Goal is what an issue with five sign-offs may cost, USD.
const Goal = 0.0006

// Bill is what an issue costs by list prices.
type Bill struct {
	Transitions int64
	Invocations int
	GBSeconds   float64
	Write, Read float64 // request units
	Requests    int     // through the gateway
}

// Lines are the bill's arithmetic.
func (b Bill) Lines() []string {
	line := func(what string, n float64, unit, price string, sum float64) string {
		return fmt.Sprintf("  %-16s %9.4g %-12s x %-26s = %.7f USD", what, n, unit, price, sum)
	}
	return []string{
		line("Step Functions", float64(b.Transitions), "transitions", "0.025 / 1,000", float64(b.Transitions)*perTransition),
		line("Lambda", float64(b.Invocations), "requests", "0.20 / 1,000,000", float64(b.Invocations)*perInvocation),
		line("Lambda", b.GBSeconds, "GB-seconds", "0.0000133334", b.GBSeconds*perGBSecond),
		line("DynamoDB", b.Write, "write units", "0.625 / 1,000,000", b.Write*perWriteUnit),
		line("DynamoDB", b.Read, "read units", "0.125 / 1,000,000", b.Read*perReadUnit),
		line("API Gateway", float64(b.Requests), "requests", "3.50 / 1,000,000", float64(b.Requests)*perGatewayRequest),
	}
}

// Total is the sum in USD.
func (b Bill) Total() float64 {
	return float64(b.Transitions)*perTransition + float64(b.Invocations)*perInvocation + b.GBSeconds*perGBSecond +
		b.Write*perWriteUnit + b.Read*perReadUnit + float64(b.Requests)*perGatewayRequest
}
