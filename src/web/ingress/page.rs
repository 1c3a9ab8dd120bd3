//! What does the ingress itself say? Small pages for browsers, problem documents (RFC 9457) for programs.

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};

use super::body::ReplyBody;

/// An answer of the ingress's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The status.
    pub status: StatusCode,
    /// One line: what is.
    pub title: String,
    /// Why, and what to do next.
    pub detail: String,
    /// A link: its text and its address.
    pub link: Option<(&'static str, String)>,
    /// Seconds after which another try makes sense.
    pub retry_after: Option<u32>,
    /// Whether the connection ends with it.
    pub is_last: bool,
}

impl Page {
    /// A page without a link.
    #[must_use]
    pub fn new(status: StatusCode, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { status, title: title.into(), detail: detail.into(), link: None, retry_after: None, is_last: false }
    }

    /// With a link.
    #[must_use]
    pub fn link(mut self, text: &'static str, address: String) -> Self {
        self.link = Some((text, address));
        self
    }

    /// With a time for the next try, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Ends the connection: what follows on it cannot be trusted.
    #[must_use]
    pub fn last(mut self) -> Self {
        self.is_last = true;
        self
    }

    /// The answer, as a page for who accepts HTML.
    #[must_use]
    pub fn answer(&self, html: bool) -> Response<ReplyBody> {
        let (kind, text) =
            if html { ("text/html; charset=utf-8", self.html()) } else { ("application/problem+json", self.problem()) };
        let mut response = Response::new(ReplyBody::whole(Bytes::from(text)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.is_last {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn html(&self) -> String {
        let mut page = String::with_capacity(1024);
        page.push_str(concat!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><style>",
            "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.25rem}",
            "h1{font-size:1.3rem;margin:0 0 .5rem}p{margin:.5rem 0}</style><title>",
        ));
        let title = escape(&self.title);
        // Writing to a String cannot fail.
        write!(page, "{title}</title></head><body><main><h1>{title}</h1><p>{}</p>", escape(&self.detail)).ok();
        if let Some((text, address)) = &self.link {
            write!(page, "<p><a href=\"{}\">{}</a></p>", escape(address), escape(text)).ok();
        }
        page.push_str("</main></body></html>\n");
        page
    }

    fn problem(&self) -> String {
        let mut problem = serde_json::json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let (Some((_, address)), Some(object)) = (&self.link, problem.as_object_mut()) {
            object.insert("next".to_owned(), address.clone().into());
        }
        problem.to_string()
    }
}

/// Sends a visitor to `address`; none if it cannot stand in a header.
#[must_use]
pub fn redirect(address: &str) -> Option<Response<ReplyBody>> {
    let location = HeaderValue::from_str(address).ok()?;
    let mut response = Response::new(ReplyBody::whole(Bytes::new()));
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

/// Whether the visitor is a browser that shows pages.
#[must_use]
pub fn wants_html(headers: &HeaderMap) -> bool {
    let wanted = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains("text/html"));
    headers.get_all(header::ACCEPT).iter().any(wanted)
}

/// Text that is safe between tags and in quoted attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let page = Page::new(StatusCode::SERVICE_UNAVAILABLE, "<b>Web</b> is not up", "it \"crashed\" & burned");
        page.link("Open the dashboard", "http://pi4:8000/?a='".to_owned()).retry_after(5)
    }

    #[test]
    fn a_page_escapes_what_it_shows_and_loads_nothing() {
        let html = page().html();
        assert!(html.contains("<h1>&lt;b&gt;Web&lt;/b&gt; is not up</h1><p>it &quot;crashed&quot; &amp; burned</p>"));
        assert!(html.contains("<a href=\"http://pi4:8000/?a=&#39;\">"));
        assert!(!html.contains("src=") && !html.contains("<link") && !html.contains("url("));
    }

    #[test]
    fn programs_get_a_problem_document() {
        let answer = page().answer(false);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["retry-after"], "5");
        let problem: serde_json::Value = serde_json::from_str(&page().problem()).unwrap();
        assert_eq!((&problem["status"], &problem["title"]), (&503.into(), &"<b>Web</b> is not up".into()));
        assert_eq!(problem["next"], "http://pi4:8000/?a='");
    }

    #[test]
    fn only_who_accepts_html_gets_html() {
        let accepting = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(value));
            wants_html(&headers)
        };
        assert!(accepting("text/html,application/xhtml+xml;q=0.9"));
        assert!(!accepting("*/*"));
        assert!(!wants_html(&HeaderMap::new()));
    }

    #[test]
    fn an_address_with_a_line_break_is_no_redirect() {
        assert!(redirect("http://a/\r\nSet-Cookie: x=1").is_none());
        assert_eq!(redirect("http://a/").unwrap().headers()["location"], "http://a/");
    }
}
