// Package telemetry tells operators how the program does: metrics in the
// Prometheus format, and logs as lines of JSON. Neither holds anything about a
// person: a request is known by the pattern of its route, never by its path.
package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readFor bounds one reading of a gauge.
const readFor = 2 * time.Second

// Metrics are the figures of one program.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// New returns the figures of this process and of the requests that it will answer.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "causeway_request_seconds", Help: "How long answers took, by route.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe counts an answer: pattern is the route's, with its method, and "" for
// a request that met none.
func (m *Metrics) Observe(_ context.Context, pattern string, status int, took time.Duration) {
	method, route := split(pattern)
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// split takes a pattern of a route apart. What met no route has no name, since
// anybody can make any up.
func split(pattern string) (method, route string) {
	method, route, ok := strings.Cut(pattern, " ")
	if !ok {
		return "", "none"
	}
	return method, route
}

// A Reading is one value of a gauge; Labels are in the gauge's order.
type Reading struct {
	Labels []string
	Value  float64
}

// Gauge adds a figure that is read when the metrics are asked for. One that
// cannot be read is left out, and counted in promhttp_metric_handler_errors_total.
func (m *Metrics) Gauge(name, help string, labels []string, read func(ctx context.Context) ([]Reading, error)) {
	m.registry.MustRegister(gauge{prometheus.NewDesc(name, help, labels, nil), read})
}

// One is the reading of a gauge without labels.
func One(v float64) []Reading { return []Reading{{Value: v}} }

// Handler serves the figures. Failures to read one go to log.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.InstrumentMetricHandler(m.registry, promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4,
	}))
}

type gauge struct {
	desc *prometheus.Desc
	read func(ctx context.Context) ([]Reading, error)
}

// Describe implements prometheus.Collector.
func (g gauge) Describe(to chan<- *prometheus.Desc) { to <- g.desc }

// Collect implements prometheus.Collector.
func (g gauge) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readFor)
	defer cancel()
	all, err := g.read(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(g.desc, err)
		return
	}
	for _, r := range all {
		metric, err := prometheus.NewConstMetric(g.desc, prometheus.GaugeValue, r.Value, r.Labels...)
		if err != nil {
			metric = prometheus.NewInvalidMetric(g.desc, err)
		}
		to <- metric
	}
}
