//! `/metrics`: numbers of this process since it began, for Prometheus. None of them is about a single user or key.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, FORWARDED, HeaderMap, VIA, X_FORWARDED_FOR};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, web};
use prometheus::core::{Collector, Desc};
#[cfg(target_os = "linux")]
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::{Histogram, Metric, MetricFamily};
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::db::Recorded;
use crate::web::state::State;

/// Upper ends of the ranges in which the time of a request is counted, in seconds.
const RANGES: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// What is counted as it happens. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: Requests,
}

/// The requests of each thread that serves some. Each counts for itself: on numbers that they share, threads wait for each
/// other's processor, which took 3 % of the rate of gateway checks.
#[derive(Clone)]
struct Requests {
    /// Without any number: what all of them are made like.
    empty: HistogramVec,
    of_threads: Arc<Mutex<Vec<HistogramVec>>>,
}

impl Requests {
    fn new() -> prometheus::Result<Self> {
        Ok(Self { empty: requests()?, of_threads: Arc::default() })
    }

    fn of_threads(&self) -> MutexGuard<'_, Vec<HistogramVec>> {
        self.of_threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Requests {
    fn desc(&self) -> Vec<&Desc> {
        self.empty.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut sums = BTreeMap::<Vec<String>, Metric>::new();
        let numbers = self.of_threads().iter().flat_map(Collector::collect).collect::<Vec<_>>();
        for metric in numbers.iter().flat_map(MetricFamily::get_metric) {
            let labels = metric.get_label().iter().map(|label| label.value().to_owned());
            match sums.entry(labels.collect()) {
                Entry::Vacant(sum) => {
                    sum.insert(metric.clone());
                }
                Entry::Occupied(mut sum) => {
                    let both = add(sum.get().get_histogram(), metric.get_histogram());
                    sum.get_mut().set_histogram(both);
                }
            }
        }
        let mut families = self.empty.collect();
        for family in &mut families {
            family.set_metric(std::mem::take(&mut sums).into_values().collect());
        }
        families
    }
}

fn requests() -> prometheus::Result<HistogramVec> {
    let opts =
        HistogramOpts::new("keyledge_http_request_duration_seconds", "Time from a request's headers to its answer's.");
    HistogramVec::new(opts.buckets(RANGES.to_vec()), &["endpoint", "status"])
}

fn add(one: &Histogram, other: &Histogram) -> Histogram {
    let mut sum = one.clone();
    sum.set_sample_count(one.get_sample_count() + other.get_sample_count());
    sum.set_sample_sum(one.get_sample_sum() + other.get_sample_sum());
    let mut buckets = one.get_bucket().to_vec();
    for (bucket, more) in buckets.iter_mut().zip(other.get_bucket()) {
        bucket.set_cumulative_count(bucket.cumulative_count() + more.cumulative_count());
    }
    sum.set_bucket(buckets);
    sum
}

impl Metrics {
    /// Everything at zero.
    ///
    /// # Errors
    /// When a name is not as Prometheus wants it, or is there twice.
    pub fn new() -> prometheus::Result<Self> {
        let requests = Requests::new()?;
        let build = IntGaugeVec::new(Opts::new("keyledge_build_info", "The version that runs."), &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let registry = Registry::new();
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(build))?;
        #[cfg(target_os = "linux")]
        registry.register(Box::new(ProcessCollector::for_self()))?;
        Ok(Self { registry, requests })
    }

    /// Where one thread counts the requests that it serves.
    #[must_use]
    pub fn of_thread(&self) -> RequestsOfThread {
        // Made as the empty one was, so it can be made.
        let requests = requests().unwrap_or_else(|_| self.requests.empty.clone());
        self.requests.of_threads().push(requests.clone());
        RequestsOfThread(Rc::new(requests))
    }

    /// All numbers in Prometheus' text format, with what was recorded.
    fn text(&self, recorded: &Recorded) -> prometheus::Result<Vec<u8>> {
        let events = IntCounterVec::new(
            Opts::new("keyledge_audit_events_total", "Audit events that this process has recorded."),
            &["action", "outcome"],
        )?;
        for ((action, is_allowed), number) in &recorded.events {
            let outcome = if *is_allowed { "allowed" } else { "refused" };
            events.with_label_values(&[*action, outcome]).inc_by(*number);
        }
        let commits = IntCounter::new(
            "keyledge_audit_commits_total",
            "Transactions in which they were recorded: many events share one under load.",
        )?;
        commits.inc_by(recorded.commits);
        let mut families = self.registry.gather();
        families.extend(events.collect());
        families.extend(commits.collect());
        // As long as nothing was recorded there is nothing to tell, which the encoder would take for a mistake.
        families.retain(|family| !family.get_metric().is_empty());
        let mut text = Vec::new();
        TextEncoder::new().encode(&families, &mut text)?;
        Ok(text)
    }
}

/// The requests of one thread. Cheap to clone.
#[derive(Clone)]
pub struct RequestsOfThread(Rc<HistogramVec>);

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/metrics").get(metrics));
}

/// Counts a request, and the time until it is answered.
///
/// # Errors
/// Those of the handler.
pub async fn observe<B: MessageBody>(
    RequestsOfThread(requests): RequestsOfThread,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let (endpoint, began) = (endpoint(request.path()), Instant::now());
    let result = next.call(request).await;
    let status = match &result {
        Ok(answer) => answer.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    requests.with_label_values(&[endpoint, status.as_str()]).observe(began.elapsed().as_secs_f64());
    result
}

/// What a path belongs to. Strangers choose paths, so there are only these.
fn endpoint(path: &str) -> &'static str {
    let mut parts = path.split('/').skip(1);
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        ("auth", "verify") => "verify",
        ("auth", "token") => "token",
        ("auth", "introspect") => "introspect",
        ("auth", "revoke") => "revoke",
        ("api", _) => "api",
        (".well-known", _) => "well-known",
        ("assets" | "brand", _) => "assets",
        ("healthz" | "readyz" | "metrics", _) => "health",
        _ => "pages",
    }
}

async fn metrics(state: web::Data<State>, request: HttpRequest) -> HttpResponse {
    if is_forwarded(request.headers()) {
        return HttpResponse::NotFound().body("not through a proxy\n");
    }
    match state.metrics.text(&state.database.recorded()) {
        Ok(text) => HttpResponse::Ok().insert_header((CONTENT_TYPE, prometheus::TEXT_FORMAT)).body(text),
        Err(cause) => {
            tracing::error!("the metrics could not be written: {cause:#}");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Whether a proxy has passed the request on. A scraper asks directly; whoever comes through a proxy may be anybody.
fn is_forwarded(headers: &HeaderMap) -> bool {
    [X_FORWARDED_FOR, FORWARDED, VIA].iter().any(|name| headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_thread_has_counted_is_added_up() {
        let metrics = Metrics::new().unwrap();
        for seconds in [0.002, 0.02] {
            let RequestsOfThread(requests) = metrics.of_thread();
            requests.with_label_values(&["token", "200"]).observe(seconds);
        }
        metrics.of_thread().0.with_label_values(&["token", "401"]).observe(1.5);
        let text = String::from_utf8(metrics.text(&Recorded::default()).unwrap()).unwrap();
        let number = |name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("keyledge_http_request_duration_seconds_")?.strip_prefix(name));
            line.unwrap().trim().to_owned()
        };
        assert_eq!(number("bucket{endpoint=\"token\",status=\"200\",le=\"0.001\"}"), "0");
        assert_eq!(number("bucket{endpoint=\"token\",status=\"200\",le=\"0.01\"}"), "1");
        assert_eq!(number("bucket{endpoint=\"token\",status=\"200\",le=\"+Inf\"}"), "2");
        assert_eq!(number("count{endpoint=\"token\",status=\"200\"}"), "2");
        assert_eq!(number("sum{endpoint=\"token\",status=\"200\"}"), "0.022");
        assert_eq!(number("count{endpoint=\"token\",status=\"401\"}"), "1");
    }

    #[test]
    fn a_path_belongs_to_one_of_few() {
        for (path, expected) in [
            ("/auth/token", "token"),
            ("/auth/verify", "verify"),
            ("/auth/verify/orders/17", "verify"),
            ("/api/v1/me", "api"),
            ("/.well-known/jwks.json", "well-known"),
            ("/assets/1/style.css", "assets"),
            ("/", "pages"),
            ("", "pages"),
            ("/wp-admin/setup.php", "pages"),
            ("/auth/nothing", "pages"),
        ] {
            assert_eq!(endpoint(path), expected, "{path}");
        }
    }
}
