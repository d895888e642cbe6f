//! A line of the access log of an application load balancer
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-entry-format>).

use jiff::Timestamp;
use std::net::SocketAddr;

/// Fields that every line has had since the first version; new ones are added at the end.
const AT_LEAST: usize = 13;

/// One request. `-`, and fields that an older line does not have, read as empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The line as it stands in the file.
    pub line: &'a str,
    /// `http`, `https`, `h2`, `grpcs`, `ws` or `wss`.
    pub kind: &'a str,
    /// When the answer was sent.
    pub at: Timestamp,
    /// `app/name/id`.
    pub balancer: &'a str,
    /// Who asked.
    pub client: Option<SocketAddr>,
    /// Who was to answer.
    pub target: Option<SocketAddr>,
    /// The status that the client got.
    pub status: Option<u16>,
    /// The status that the target gave.
    pub target_status: Option<u16>,
    /// Bytes from the client.
    pub received_bytes: u64,
    /// Bytes to the client.
    pub sent_bytes: u64,
    /// Method, URL and protocol.
    pub request: &'a str,
    /// What the client says it is.
    pub agent: &'a str,
    /// The target group's ARN.
    pub target_group: &'a str,
    /// `X-Amzn-Trace-Id`.
    pub trace: &'a str,
    /// The name that the client asked for in TLS.
    pub domain: &'a str,
    /// What was done: `waf,forward`, …
    pub actions: &'a str,
    /// Why it went wrong.
    pub error_reason: &'a str,
    /// What the desync mitigation thinks of it: `Acceptable`, `Ambiguous`, `Severe`.
    pub classification: &'a str,
}

impl<'a> Request<'a> {
    /// Whether a line looks like one of these: a protocol, then a time.
    pub fn is_one(line: &str) -> bool {
        let mut words = line.split(' ');
        let kind = words.next().is_some_and(|kind| ["http", "https", "h2", "grpcs", "ws", "wss"].contains(&kind));
        kind && words.next().is_some_and(|time| time.parse::<Timestamp>().is_ok())
    }

    /// Reads a line.
    ///
    /// # Errors
    /// In a sentence: there are too few fields, a quotation is not closed, or the time is none.
    pub fn parse(line: &'a str) -> Result<Self, String> {
        let fields = split(line)?;
        if fields.len() < AT_LEAST {
            return Err(format!("the line has {} fields, an access log at least {AT_LEAST}", fields.len()));
        }
        let field = |place: usize| fields.get(place).copied().filter(|value| *value != "-").unwrap_or_default();
        Ok(Self {
            line,
            kind: field(0),
            at: field(1).parse().map_err(|_| format!("{:?} is not a time", field(1)))?,
            balancer: field(2),
            client: field(3).parse().ok(),
            target: field(4).parse().ok(),
            status: field(8).parse().ok(),
            target_status: field(9).parse().ok(),
            received_bytes: field(10).parse().unwrap_or_default(),
            sent_bytes: field(11).parse().unwrap_or_default(),
            request: field(12),
            agent: field(13),
            target_group: field(16),
            trace: field(17),
            domain: field(18),
            actions: field(22),
            error_reason: field(24),
            classification: field(27),
        })
    }
}

/// Fields stand between spaces; one in quotation marks may have spaces inside.
fn split(line: &str) -> Result<Vec<&str>, String> {
    let mut fields = Vec::with_capacity(33);
    let mut rest = line.trim_end();
    while !rest.is_empty() {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or("a quotation mark is not closed")?,
            None => rest.split_once(' ').map_or((rest, ""), |(field, _)| (field, &rest[field.len()..])),
        };
        fields.push(field);
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::Request;

    const LINE: &str = r#"https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 201 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0 \x22odd\x22" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 1 2018-07-02T22:22:48.364000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_123456 "-" "-" "-""#;

    #[test]
    fn a_documented_line_is_typed() {
        assert!(Request::is_one(LINE));
        let request = Request::parse(LINE).expect("a documented line");
        assert_eq!(request.client, "192.168.131.39:2817".parse().ok());
        assert_eq!((request.status, request.target_status), (Some(200), Some(201)));
        assert_eq!(request.request, "GET https://www.example.com:443/ HTTP/1.1");
        assert_eq!(request.domain, "www.example.com");
        assert_eq!((request.actions, request.error_reason), ("authenticate,forward", ""));
    }

    #[test]
    fn every_truncation_is_read_or_refused_without_a_panic() {
        for end in 0..LINE.len() {
            let _ = Request::parse(&LINE[..end]);
        }
        Request::parse(&LINE[..200]).expect_err("the request is not closed");
    }
}
