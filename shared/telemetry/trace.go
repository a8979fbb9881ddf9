package telemetry

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// exportTimeout bounds what a collector that does not answer costs an invocation.
const exportTimeout = 2 * time.Second

// Traces makes spans and exports them. A nil *Traces does nothing and is what
// StartTraces returns where there is no endpoint.
type Traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// StartTraces exports spans by OTLP over HTTP to endpoint, the base address of
// a collector such as http://localhost:4318; "" returns nil, which traces nothing.
func StartTraces(ctx context.Context, service, environment, endpoint string) (*Traces, error) {
	if endpoint == "" {
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(strings.TrimRight(endpoint, "/")+"/v1/traces"),
		otlptracehttp.WithTimeout(exportTimeout),
		// A retry would outlive the invocation; spans are not worth its time.
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}),
	)
	if err != nil {
		return nil, fmt.Errorf("start export of traces to %s: %w", endpoint, err)
	}
	// Flush returns what goes wrong; the default handler would say it a second
	// time, in lines that are not JSON.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", service),
			attribute.String("deployment.environment.name", environment),
		)),
	)
	return &Traces{provider, provider.Tracer("tillwatch")}, nil
}

// Span begins a span and returns its context and what ends it, with the error
// of what it spans, if any.
func (t *Traces) Span(ctx context.Context, name string) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, func(err error) {
		if err != nil {
			span.RecordError(err)
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// Attribute sets an attribute of the span that ctx is in, if any.
func (t *Traces) Attribute(ctx context.Context, name, value string) {
	if t != nil {
		trace.SpanFromContext(ctx).SetAttributes(attribute.String(name, value))
	}
}

// Flush exports the spans that have ended. It must be called before an
// invocation returns, because the process may be frozen after that.
func (t *Traces) Flush(ctx context.Context) error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exportTimeout)
	defer cancel()
	if err := t.provider.ForceFlush(ctx); err != nil {
		return fmt.Errorf("export traces: %w", err)
	}
	return nil
}

// Continue returns a context whose spans are children of traceparent, in W3C
// form; one that can't be read leaves ctx as it is.
func Continue(ctx context.Context, traceparent string) context.Context {
	if traceparent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}

// Traceparent returns the context's trace in W3C form, "" if it has none.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

func traceID(ctx context.Context) string {
	if sc := trace.SpanContextFromContext(ctx); sc.HasTraceID() {
		return sc.TraceID().String()
	}
	return ""
}

var xray = regexp.MustCompile(`^Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;Parent=([0-9a-f]{16}))?(?:;Sampled=([01]))?`)

// FromXRay returns the traceparent of an X-Ray trace header, as Lambda and SQS
// hand it on, and "" if it can't be read or has no parent.
func FromXRay(header string) string {
	m := xray.FindStringSubmatch(header)
	if m == nil || m[3] == "" {
		return ""
	}
	sampled := "00"
	if m[4] == "1" {
		sampled = "01"
	}
	return "00-" + m[1] + m[2] + "-" + m[3] + "-" + sampled
}
