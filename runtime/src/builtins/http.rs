//! `http`: the native half of client and server; the rest is `stdlib/http.bat`.

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use crate::builtins::options;
use crate::builtins::support::{take, text};
use crate::collections::walk;
use crate::context::Cx;
use crate::value::Value;

mod client;
mod message;
mod server;
mod url;

fn encode(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::string(url::encode(text(
        "http/url-encode",
        &args[0],
    )?)))
}

fn decode(_: &mut Cx, args: &mut [Value]) -> Flow {
    let decoded = url::decode(text("http/url-decode", &args[0])?, true);
    Ok(Value::string(decoded))
}

fn query_string(cx: &mut Cx, args: &mut [Value]) -> Flow {
    walk::realise(cx, take(args, 0), |_, params| {
        let pairs = options::pairs("http/query-string", &[params])?;
        let parts: Vec<String> = pairs
            .iter()
            .map(|(name, value)| {
                let (name, value) = (message::text_of(name), message::text_of(value));
                format!("{}={}", url::encode(&name), url::encode(&value))
            })
            .collect();
        Ok(Value::string(parts.join("&")))
    })
}

fn parse_query(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(server::query_map(text("http/parse-query", &args[0])?))
}

fn request(cx: &mut Cx, args: &mut [Value]) -> Flow {
    walk::realise(cx, take(args, 0), |cx, options| {
        client::request(cx, &mut [options])
    })
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "http",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "parse-query",
        "[s]",
        exactly(1),
        parse_query,
        "The map of names and values that a query string or a form writes.",
    ),
    row(
        "query-string",
        "[params]",
        exactly(1),
        query_string,
        "The query string of a map.",
    ),
    row(
        "request*",
        "[options]",
        exactly(1),
        request,
        "One request, as `request` has prepared it.",
    ),
    row(
        "response*",
        "[x]",
        exactly(1),
        server::checked_response,
        "What a handler gave, realised; a fault if it is no response.",
    ),
    row(
        "serve*",
        "[handler options]",
        exactly(2),
        server::serve,
        "Starts a server whose handler gives checked responses.",
    ),
    row(
        "stop",
        "[server]",
        exactly(1),
        server::stop,
        "Stops a server: it takes no more requests and answers those it has.",
    ),
    row(
        "url-decode",
        "[s]",
        exactly(1),
        decode,
        "The text that was percent-encoded; + is a space.",
    ),
    row(
        "url-encode",
        "[s]",
        exactly(1),
        encode,
        "The text percent-encoded, as it may stand in a query or a path.",
    ),
];
