//! Who held which address, by what is named: outputs of `aws ec2 describe-instances`, and cases, by what they have
//! captured. A watch knows every case of its own besides.

use crate::context::Context;
use crate::failure::Failure;
use crate::history;
use crate::text::text;
use casebook::case::Case;
use casebook::id::CaseId;
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::scene::network::Interface;
use detect::holdings::{Held, Holdings, Tenant};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// What is known by these files and cases.
///
/// # Errors
/// When one can not be read, is something else, or knows of no interface.
pub fn holdings(context: &Context, named: &[PathBuf]) -> Result<Holdings, Failure> {
    let mut holdings = Holdings::new();
    for name in named {
        match case(context, name)? {
            Some(case) if captured(&case, &mut holdings) => {}
            Some(case) => {
                let why = format!("the case {} has not captured the interfaces of its instance", case.id);
                return Err(Failure::usage(why));
            }
            None => described(name, &mut holdings)?,
        }
    }
    Ok(holdings)
}

/// What is known by these files and cases, and by every case here that has captured its instance's interfaces. A case that
/// can not be read is named and left out: one of last year keeps nobody from watching.
///
/// # Errors
/// When one of those named can not be read, is something else, or knows of no interface; or when the cases can not be
/// listed.
pub fn holdings_with_cases(context: &Context, named: &[PathBuf]) -> Result<Holdings, Failure> {
    let mut holdings = holdings(context, named)?;
    let shelf = context.shelf()?;
    for id in shelf.cases()?.iter().filter_map(|case| CaseId::parse(case)) {
        match history::session(shelf.path(), &id) {
            Ok(session) => {
                // One that has captured nothing yet adds nothing.
                captured(session.case(), &mut holdings);
            }
            Err(failure) => {
                let why = &failure.what;
                context.terminal.warn(&text!("which addresses the case {} has captured is not known: {}", id, why));
            }
        }
    }
    Ok(holdings)
}

/// The case of that name, where it is no file's.
fn case(context: &Context, name: &Path) -> Result<Option<Case>, Failure> {
    let Some(id) = name.to_str().and_then(CaseId::parse).filter(|_| !name.exists()) else { return Ok(None) };
    let shelf = context.shelf()?;
    let is_there = shelf.cases()?.iter().any(|case| case == id.as_str());
    is_there.then(|| Ok(history::session(shelf.path(), &id)?.case().clone())).transpose()
}

fn described(file: &Path, holdings: &mut Holdings) -> Result<(), Failure> {
    let unusable = |why: String| Failure::usage(format!("cannot use the instances of {}: {why}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    // Of what came after the file was written it says nothing.
    let written = std::fs::metadata(file).and_then(|about| about.modified()).ok();
    let seen = written.and_then(|written| Timestamp::try_from(written).ok()).unwrap_or(Timestamp::MIN);
    holdings.describe(&bytes, seen).map_err(unusable)
}

/// The interfaces of the case's instance. The first one can not be detached, so it was the instance's since its last
/// start at the least (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html>); another one since it was
/// read. Gives whether they were captured.
fn captured(case: &Case, holdings: &mut Holdings) -> bool {
    let target = &case.target;
    let interfaces = case.baseline.scene.fact(&SourceQuery::Interfaces(target.instance.clone()).into());
    let Some((Ok(Reading::Interfaces(interfaces)), read)) = interfaces.map(|fact| (&fact.answer, fact.at)) else {
        return false;
    };
    let tenant = Tenant { instance: target.instance.to_string(), account: target.account.to_string() };
    let started = started(case).unwrap_or(read);
    for interface in interfaces {
        let since = if interface.device_index == Some(0) { started } else { read };
        holdings.interface(&held(interface, since), &tenant, read);
        if let Some(address) = assigned(interface) {
            holdings.leaves_by(address, &tenant.instance, since, read);
        }
    }
    true
}

/// The public address that AWS has assigned to an instance's first interface.
fn assigned(interface: &Interface) -> Option<&str> {
    let mut own = interface.addresses.iter().filter(|own| own.allocation.is_none());
    own.find_map(|own| own.public.as_deref()).filter(|_| interface.device_index == Some(0))
}

fn started(case: &Case) -> Option<Timestamp> {
    match case.baseline.scene.last(&SourceQuery::Instance(case.target.instance.clone()).into()) {
        Some(Reading::Instance(instance)) => instance.launched.parse().ok(),
        _ => None,
    }
}

fn held(interface: &Interface, since: Timestamp) -> Held<'_> {
    let private = interface.addresses.iter().map(|address| address.private.as_str());
    let public = |elastic: bool| {
        let own = interface.addresses.iter().filter(move |address| address.allocation.is_some() == elastic);
        own.filter_map(|address| address.public.as_deref()).collect()
    };
    Held {
        interface: interface.id.as_str(),
        vpc: interface.vpc.as_str(),
        own: private.chain(interface.ipv6.iter().map(String::as_str)).collect(),
        elastic: public(true),
        assigned: public(false),
        since,
        started: since,
    }
}
