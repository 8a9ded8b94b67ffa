//! A small server: each request is handled in an actor of its own.
//!
//! The handler gets and gives Ring's maps. While a server runs, the program does not end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{message, url};
use crate::actor::{Activity, evaluate, keep_alive, runtime_handle};
use crate::builtin::Flow;
use crate::builtins::support::take;
use crate::builtins::task::outside;
use crate::collections::{map, walk};
use crate::context::Cx;
use crate::failure::{ErrorBody, Fault, FaultKind};
use crate::failure_state::Failure;
use crate::number;
use crate::stream;
use crate::value::object::{Native, make_native};
use crate::value::{Value, print};

const WHO: &str = "http/serve";
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// A running server as a value.
struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
}

impl Native for Server {
    fn class(&self) -> &'static str {
        "http-server"
    }

    fn print(&self) -> String {
        format!("#http-server<{}>", self.address)
    }

    fn get(&self, key: &Value) -> Option<Option<Value>> {
        Some(match key.as_keyword().map(|key| key.text()) {
            Some("port") => Some(number::int(self.address.port().into())),
            Some("host") => Some(Value::string(self.address.ip().to_string())),
            _ => None,
        })
    }

    fn close(&self) -> Option<Flow> {
        self.stop.send_replace(true);
        Some(Ok(Value::NIL))
    }
}

/// `(http/serve* handler options)`
pub(super) fn serve(_: &mut Cx, args: &mut [Value]) -> Flow {
    let option = |name: &str| {
        let value = map::get_keyword(&args[1], name);
        value.filter(|value| !value.is_nil())
    };
    let port = match option("port") {
        None => 0,
        Some(port) => number::as_i64(port)
            .and_then(|port| u16::try_from(port).ok())
            .ok_or_else(|| Fault::wrong_type(WHO, "a port from 0 to 65535", port))?,
    };
    let host = option("host").map_or("127.0.0.1".to_owned(), message::text_of);
    let handler = take(args, 0);
    handler.publish();
    outside(async move {
        let listener = TcpListener::bind((host.as_str(), port)).await;
        let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = bound.map_err(|error| {
            let message = format!("`{WHO}`: cannot listen on {host}:{port}: {error}");
            Fault::new(FaultKind::Io, message).hint("`:port 0` takes any free port")
        })?;
        let (stop, stopped) = watch::channel(false);
        // From here on, not from when the task first runs.
        let listening = keep_alive();
        runtime_handle().spawn(accept(listener, address, handler, stopped, listening));
        Ok(make_native(Server { address, stop }))
    })
}

/// `(http/stop server)`
pub(super) fn stop(_: &mut Cx, args: &mut [Value]) -> Flow {
    match args[0].as_native::<Server>().and_then(Native::close) {
        Some(flow) => flow,
        None => Err(Fault::wrong_type("http/stop", "a server", &args[0]).into()),
    }
}

async fn accept(
    listener: TcpListener,
    address: SocketAddr,
    handler: Value,
    mut stopped: watch::Receiver<bool>,
    _listening: Activity,
) {
    loop {
        let accepted = tokio::select! {
            () = asked_to_stop(&mut stopped) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (handler, stopped) = (handler.clone(), stopped.clone());
                runtime_handle().spawn(connection(stream, peer, address, handler, stopped));
            }
            // Out of file handles, most likely: some may come back.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// A server that nobody holds any more runs on.
async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    if stopped.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    address: SocketAddr,
    handler: Value,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| respond(request, peer, address, handler.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // A connection that the peer breaks off is the peer's affair.
        _ = connection.as_mut() => return,
        () = asked_to_stop(&mut stopped) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn respond(
    request: Request<Incoming>,
    peer: SocketAddr,
    address: SocketAddr,
    handler: Value,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = message::read_body(body).await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let request = request_map(&parts, &bytes, peer, address);
    request.publish();
    let outcome = evaluate(handler, vec![request]).await;
    Ok(match outcome {
        Ok(Ok(response)) => response_of(&response).unwrap_or_else(|fault| {
            complain(&parts.uri.to_string(), &fault.message);
            plain(StatusCode::INTERNAL_SERVER_ERROR)
        }),
        Ok(Err(failure)) => {
            complain(&parts.uri.to_string(), &reason(&failure));
            plain(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE),
    })
}

fn reason(failure: &Failure) -> String {
    let message = failure
        .reason
        .as_object::<ErrorBody>()
        .and_then(|error| error.message.as_str());
    message.map_or_else(|| print::short(&failure.reason), str::to_owned)
}

/// The client gets no more than the status; the rest is for who runs the server.
fn complain(uri: &str, what: &str) {
    // There is nobody left to tell if standard error is closed.
    let told = format!("http/serve: {uri}: {what}\n");
    let _ = stream::write(&stream::standard_error(), &told);
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let reason = status.canonical_reason().unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from_static(reason.as_bytes())));
    *response.status_mut() = status;
    response
}

fn request_map(
    parts: &hyper::http::request::Parts,
    bytes: &Bytes,
    peer: SocketAddr,
    address: SocketAddr,
) -> Value {
    let host = parts
        .headers
        .get(hyper::header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| host.split(':').next())
        .unwrap_or("localhost");
    let query = parts.uri.query();
    let body = match bytes.is_empty() {
        true => Value::NIL,
        false => message::body_value(&parts.headers, bytes, false),
    };
    let method = parts.method.as_str().to_lowercase();
    map::from_pairs(
        [
            ("request-method", Value::keyword(&method)),
            ("uri", Value::string(url::decode(parts.uri.path(), false))),
            ("query-string", query.map(Value::str).unwrap_or_default()),
            ("query-params", query_map(query.unwrap_or_default())),
            ("headers", message::header_map(&parts.headers)),
            ("body", body),
            ("scheme", Value::keyword("http")),
            ("server-name", Value::str(host)),
            ("server-port", number::int(address.port().into())),
            ("remote-addr", Value::string(peer.ip().to_string())),
        ]
        .map(|(name, value)| (Value::keyword(name), value)),
    )
}

pub(super) fn query_map(query: &str) -> Value {
    map::from_pairs(
        url::pairs(query).map(|(name, value)| (Value::string(name), Value::string(value))),
    )
}

/// `(http/response* x)`: what a handler gave, realised and checked.
pub(super) fn checked_response(cx: &mut Cx, args: &mut [Value]) -> Flow {
    walk::realise(cx, take(args, 0), |_, response| {
        response_of(&response)?;
        Ok(response)
    })
}

/// A response of a map, of a text, or of nothing: 404.
fn response_of(value: &Value) -> Result<Response<Full<Bytes>>, Fault> {
    let who = "http/serve";
    if value.is_nil() {
        return Ok(plain(StatusCode::NOT_FOUND));
    }
    if value.as_str().is_some() {
        return Ok(Response::new(message::body(who, value)?));
    }
    if !map::is_map(value) {
        return Err(Fault::wrong_type(
            who,
            "a response map from the handler",
            value,
        ));
    }
    let get = |name: &str| map::get_keyword(value, name).cloned().unwrap_or_default();
    let status = match get("status") {
        nil if nil.is_nil() => StatusCode::OK,
        status => number::as_i64(&status)
            .and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok())
            .ok_or_else(|| Fault::wrong_type(who, "a :status from 100 to 999", &status))?,
    };
    let mut response = Response::new(message::body(who, &get("body"))?);
    *response.status_mut() = status;
    *response.headers_mut() = match get("headers") {
        nil if nil.is_nil() => HeaderMap::new(),
        headers => message::headers(who, &headers)?,
    };
    Ok(response)
}
