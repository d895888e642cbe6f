//! Traffic, queries and requests as sightings: whom they lead to. None of these logs says who was logged in, and in
//! them all processes of an instance look alike.

use super::Sighting;
use crate::alert::Exhibit;
use crate::holdings::{Holder, Holdings, Tenant};
use crate::record::Record;
use crate::record::balancer::Request;
use crate::record::flow::{Field, Flow};
use crate::record::resolver::Query;
use crate::rules::sigma::Found;
use crate::suspect::{Lead, Suspect, Trace};
use casebook::id::InstanceId;
use jiff::Timestamp;
use std::net::IpAddr;

/// How much is told of what a stranger wrote.
const TOLD: usize = 200;

/// What a record says of itself.
struct Said<'r> {
    /// The instance it comes from, as the log names it; empty where it names none.
    instance: &'r str,
    /// The interface it comes from, where the log shows that.
    interface: Option<&'r str>,
    /// The address it comes from.
    source: Option<IpAddr>,
    account: &'r str,
    region: &'r str,
    /// Who has answered a stranger's request.
    served: Option<IpAddr>,
    what: String,
}

/// What the record is worth telling.
pub(super) fn sighting(record: &Record<'_>, found: Found, holdings: &Holdings) -> Option<Sighting> {
    let said = match record {
        Record::Flow(flow) => of_flow(flow),
        Record::Query(query) => of_query(query),
        Record::Balancer(request) => of_request(request),
        _ => return None,
    };
    let (at, digest) = (record.at(), record.digest());
    let held = |what: String| at.map_or(Holder::Nobody, |at| holdings.of(&what, at));
    let served = said.served.map(|address| held(address.to_string()));
    let exhibit = Exhibit {
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        id: digest.clone(),
        sha256: digest,
        what: said.what.chars().take(TOLD).collect(),
    };
    Some(Sighting {
        at,
        traces: vec![trace(&said, held)],
        about: served.into_iter().filter_map(one).map(|tenant| tenant.instance).collect(),
        exhibit,
        region: said.region.to_owned(),
        address: said.served.and(said.source).map(|address| address.to_string()).unwrap_or_default(),
        found,
        call: None,
    })
}

/// The instance that the log names, else the one that held the interface or the address then; else the address
/// stands for itself.
fn trace(said: &Said<'_>, held: impl Fn(String) -> Holder) -> Trace {
    let account = said.account.to_owned();
    if InstanceId::parse(said.instance).is_some() {
        let instance = said.instance.to_owned();
        return Trace { suspect: Suspect::Instance { account, instance }, lead: Lead::Traffic };
    }
    let source = said.source.map(|address| address.to_string());
    let known = said.interface.map(str::to_owned).into_iter().chain(source.clone()).map(held);
    let known = known.reduce(|first, then| if first == Holder::Nobody { then } else { first });
    let lead = match known {
        Some(Holder::One(Tenant { instance, account: own })) => {
            let account = if own.is_empty() { account } else { own };
            return Trace { suspect: Suspect::Instance { account, instance }, lead: Lead::Traffic };
        }
        Some(Holder::Several) => Lead::Several,
        Some(Holder::Nobody) | None => Lead::Unresolved,
    };
    let arn = source.or(said.interface.map(str::to_owned)).unwrap_or_else(|| "an address that is not told".to_owned());
    Trace { suspect: Suspect::Principal { account, arn }, lead }
}

fn one(holder: Holder) -> Option<Tenant> {
    match holder {
        Holder::One(tenant) => Some(tenant),
        Holder::Several | Holder::Nobody => None,
    }
}

/// The interface is the source's only where the traffic leaves it.
fn of_flow<'r>(flow: &Flow<'r>) -> Said<'r> {
    let field = |field| flow.get(field).unwrap_or_default();
    let leaves = flow.leaves() == Some(true);
    Said {
        instance: if leaves { field(Field::Instance) } else { "" },
        interface: flow.get(Field::Interface).filter(|_| leaves),
        source: flow.source(),
        account: field(Field::Account),
        region: field(Field::Region),
        served: None,
        what: format!(
            "traffic from {} to {} port {}, {}",
            field(Field::SourceAddress),
            field(Field::DestinationAddress),
            field(Field::DestinationPort),
            field(Field::Action)
        ),
    }
}

fn of_query<'r>(query: &'r Query<'_>) -> Said<'r> {
    Said {
        instance: query.ids.instance.as_str(),
        interface: None,
        source: query.source.as_str().parse().ok(),
        account: query.account.as_str(),
        region: query.region.as_str(),
        served: None,
        what: format!("query {} {}", query.kind.as_str(), query.name.as_str()),
    }
}

/// Who asks is a stranger; of what serves him the target group's ARN tells account and region.
fn of_request<'r>(request: &Request<'r>) -> Said<'r> {
    let mut arn = request.target_group.split(':').skip(3);
    let (region, account) = (arn.next().unwrap_or_default(), arn.next().unwrap_or_default());
    Said {
        instance: "",
        interface: None,
        source: request.client.map(|client| client.ip()),
        account,
        region,
        served: request.target.map(|target| target.ip()),
        what: format!("{} ({})", request.request, request.status.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::flow::Format;

    const MINE: &str = "i-0123456789abcdef0";
    const HEADER: &str = "account-id instance-id interface-id srcaddr dstaddr dstport end action";

    fn look(record: &Record<'_>) -> (String, Lead, Vec<String>, String) {
        let mut holdings = Holdings::new();
        let (instance, account) = ("i-0fedcba9876543210".to_owned(), "222222222222".to_owned());
        for what in ["eni-1", "10.0.0.5"] {
            let tenant = Tenant { instance: instance.clone(), account: account.clone() };
            holdings.held(what, tenant, "vpc-1", Timestamp::UNIX_EPOCH, None);
        }
        let sighting = sighting(record, Found::default(), &holdings).expect("a line");
        let Trace { suspect, lead } = sighting.traces[0].clone();
        let who = format!("{} {suspect}", suspect.account());
        (who, lead, sighting.about.into_iter().collect(), sighting.address)
    }

    fn flow(line: &str) -> (String, Lead) {
        let format = Format::of_header(HEADER).expect("a header");
        let (who, lead, about, address) = look(&Record::Flow(Flow::parse(line, &format).expect("a line")));
        assert_eq!((about.len(), address.as_str()), (0, ""));
        (who, lead)
    }

    #[test]
    fn traffic_leads_to_whom_it_comes_from_and_never_to_whom_it_comes_to() {
        let of = |who: &str, lead| (who.to_owned(), lead);
        let known = || of("222222222222 i-0fedcba9876543210", Lead::Traffic);
        let named = of(&format!("111111111111 {MINE}"), Lead::Traffic);
        assert_eq!(flow(&format!("111111111111 {MINE} eni-1 10.0.0.5 203.0.113.9 3333 60 ACCEPT")), named);
        assert_eq!(flow("111111111111 - eni-1 10.0.0.7 203.0.113.9 3333 60 ACCEPT"), known());
        assert_eq!(flow("111111111111 - eni-2 10.0.0.5 203.0.113.9 3333 60 ACCEPT"), known());
        let unknown = of("111111111111 10.0.0.7", Lead::Unresolved);
        assert_eq!(flow("111111111111 - eni-2 10.0.0.7 203.0.113.9 3333 60 ACCEPT"), unknown);
        assert_eq!(flow(&format!("111111111111 {MINE} eni-1 10.0.0.7 10.0.0.9 22 60 REJECT")), unknown);
        assert_eq!(flow(&format!("111111111111 {MINE} eni-2 10.0.0.5 10.0.0.9 22 60 REJECT")), known());
    }

    #[test]
    fn a_query_leads_to_the_instance_that_asked() {
        let raw = format!(r#"{{"query_timestamp": "2026-03-01T00:00:00Z", "srcids": {{"instance": "{MINE}"}}}}"#);
        let query: Query<'_> = serde_json::from_str(&raw).expect("a query");
        assert_eq!(look(&Record::Query(query)).0, format!(" {MINE}"));
        let raw = r#"{"query_timestamp": "2026-03-01T00:00:00Z", "srcaddr": "10.0.0.5", "srcids": {}}"#;
        let query: Query<'_> = serde_json::from_str(raw).expect("a query");
        assert_eq!(look(&Record::Query(query)).0, "222222222222 i-0fedcba9876543210");
    }

    #[test]
    fn a_request_leads_to_the_stranger_and_is_about_the_instance_that_answered() {
        let line = r#"https 2026-03-01T00:00:00Z app/a/1 198.51.100.7:2817 10.0.0.5:80 0 0 0 200 200 0 57 "GET https://a:443/.env HTTP/1.1" "curl" - - arn:aws:elasticloadbalancing:us-east-2:111111111111:targetgroup/t/1"#;
        let (who, lead, about, address) = look(&Record::Balancer(Request::parse(line).expect("a line")));
        assert_eq!((who.as_str(), lead), ("111111111111 198.51.100.7", Lead::Unresolved));
        assert_eq!((about, address.as_str()), (vec!["i-0fedcba9876543210".to_owned()], "198.51.100.7"));
    }
}
