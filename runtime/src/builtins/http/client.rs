//! One request and the redirects behind it.

use std::sync::LazyLock;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{message, url};
use crate::builtin::Flow;
use crate::builtins::task::outside;
use crate::collections::map;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::{Value, print};

const WHO: &str = "http/request";

/// Without certificates of the system there is no trust, so no `https`.
static SECURE: LazyLock<Option<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>> =
    LazyLock::new(|| {
        let roots = HttpsConnectorBuilder::new().with_native_roots().ok()?;
        let connector = roots.https_only().enable_http1().build();
        Some(Client::builder(TokioExecutor::new()).build(connector))
    });

static PLAIN: LazyLock<Client<HttpConnector, Full<Bytes>>> =
    LazyLock::new(|| Client::builder(TokioExecutor::new()).build_http());

/// What is asked for.
struct Asked {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Full<Bytes>,
    timeout: Duration,
    redirects: usize,
    as_bytes: bool,
}

/// `(http/request* options)`: the options are a realised map.
pub(super) fn request(_: &mut Cx, args: &mut [Value]) -> Flow {
    let asked = asked(&args[0])?;
    let (url, timeout) = (asked.url.clone(), asked.timeout);
    outside(async move {
        match tokio::time::timeout(timeout, follow(asked)).await {
            Ok(answer) => answer,
            Err(_) => {
                let millis = timeout.as_millis();
                Err(failed(&url, &format!("no answer within {millis} ms")))
            }
        }
    })
}

#[cold]
fn failed(url: &str, what: &str) -> Fault {
    let message = format!("`{WHO}`: {url}: {what}");
    Fault::new(FaultKind::Io, message)
        .data(map::from_pairs([(Value::keyword("url"), Value::str(url))]))
}

fn asked(options: &Value) -> Result<Asked, Fault> {
    let get = |name: &str| {
        let value = map::get_keyword(options, name);
        value.filter(|value| !value.is_nil())
    };
    let method = get("method").map_or("GET".to_owned(), message::text_of);
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).map_err(|_| {
        Fault::new(
            FaultKind::Type,
            format!("`{WHO}`: there is no method {method:?}"),
        )
    })?;
    let Some(url) = get("url").and_then(|url| url.as_str()) else {
        let shown = get("url").map_or("nil".to_owned(), print::short);
        let message = format!("`{WHO}` wants a :url that is a string, got {shown}");
        return Err(Fault::new(FaultKind::Type, message));
    };
    let count = |name: &str, default: usize| match get(name) {
        None => Ok(default),
        Some(value) => number::as_usize(value)
            .ok_or_else(|| Fault::wrong_type(WHO, "a number that is not negative", value)),
    };
    Ok(Asked {
        method,
        url: url.to_owned(),
        headers: match get("headers") {
            Some(headers) => message::headers(WHO, headers)?,
            None => HeaderMap::new(),
        },
        body: message::body(WHO, get("body").unwrap_or(&Value::NIL))?,
        timeout: Duration::from_millis(count("timeout", 30_000)? as u64),
        redirects: count("max-redirects", 10)?,
        as_bytes: get("as").is_some_and(|kind| kind.is_keyword("bytes")),
    })
}

async fn follow(mut asked: Asked) -> Result<Value, Fault> {
    let mut left = asked.redirects;
    loop {
        let response = send(&asked).await?;
        let status = response.status();
        let location = response.headers().get(LOCATION);
        let next = location
            .filter(|_| status.is_redirection() && asked.redirects > 0)
            .and_then(|location| location.to_str().ok())
            .map(|location| url::resolve(&asked.url, location));
        let Some(next) = next else {
            return answer(&asked, response).await;
        };
        if left == 0 {
            let what = format!("more than {} redirects", asked.redirects);
            return Err(failed(&asked.url, &what));
        }
        left -= 1;
        redirect(&mut asked, status, next);
    }
}

/// As browsers do it: after 303, and after 301 and 302 of a POST, the new place is fetched.
fn redirect(asked: &mut Asked, status: StatusCode, next: String) {
    let turns_to_get = match status {
        StatusCode::SEE_OTHER => asked.method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => asked.method == Method::POST,
        _ => false,
    };
    if turns_to_get {
        asked.method = Method::GET;
        asked.body = Full::default();
        asked.headers.remove(CONTENT_TYPE);
        asked.headers.remove(CONTENT_LENGTH);
    }
    let host = |url: &str| url.parse::<Uri>().ok()?.authority().map(|a| a.to_string());
    // What was meant for one host is not for another.
    if host(&asked.url) != host(&next) {
        asked.headers.remove(AUTHORIZATION);
        asked.headers.remove(COOKIE);
        asked.headers.remove(HOST);
    }
    asked.url = next;
}

async fn send(asked: &Asked) -> Result<Response<Incoming>, Fault> {
    let url = &asked.url;
    let without_fragment = url.split('#').next().unwrap_or(url);
    let uri: Uri = without_fragment
        .parse()
        .map_err(|error| failed(url, &format!("not an address: {error}")))?;
    let scheme = uri.scheme_str().map(str::to_owned);
    let mut request = Request::new(asked.body.clone());
    *request.method_mut() = asked.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = asked.headers.clone();
    let sent = match (scheme.as_deref(), &*SECURE) {
        (Some("http"), _) => PLAIN.request(request).await,
        (Some("https"), Some(client)) => client.request(request).await,
        (Some("https"), None) => {
            return Err(failed(url, "the system has no certificates to trust")
                .hint("install the package `ca-certificates`"));
        }
        _ => return Err(failed(url, "an address begins with http:// or https://")),
    };
    sent.map_err(|error| failed(url, &causes(&error)))
}

/// An error with what lies behind it: the outermost alone says too little.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

async fn answer(asked: &Asked, response: Response<Incoming>) -> Result<Value, Fault> {
    let (parts, body) = response.into_parts();
    let bytes = message::read_body(body)
        .await
        .map_err(|what| failed(&asked.url, &format!("the body cannot be read: {what}")))?;
    let body = message::body_value(&parts.headers, &bytes, asked.as_bytes);
    Ok(map::from_pairs([
        (
            Value::keyword("status"),
            number::int(parts.status.as_u16().into()),
        ),
        (
            Value::keyword("headers"),
            message::header_map(&parts.headers),
        ),
        (Value::keyword("body"), body),
        (Value::keyword("url"), Value::str(&asked.url)),
    ]))
}
