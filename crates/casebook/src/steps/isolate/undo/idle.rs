//! Idle timeouts back. AWS has no call that clears one: where none was set, its default is set
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingSpecificationRequest.html>),
//! and is read back as a value from then on. A default and no value count as the same.

use crate::agenda::Agenda;
use crate::effect::SourceEffect;
use crate::query::SourceQuery as S;
use crate::release::we_did_any;
use crate::scene::network::{IdleTimeouts, Interface};

/// AWS's default for established TCP connections, in seconds, on all types but those of Nitro v6.
const TCP: i32 = 432_000;
/// The same on Nitro v6 types.
const TCP_NITRO_V6: i32 = 350;
/// AWS's default for UDP with several packets, in seconds.
const UDP_STREAM: i32 = 180;
/// AWS's default for UDP with one request, in seconds.
const UDP: i32 = 30;

/// Puts the idle timeouts of an interface back, where they still stand as this case set them.
pub(super) fn put_back(agenda: &mut Agenda<'_>, before: &Interface, now: &Interface) {
    let ours = |effect: &SourceEffect| matches!(effect, SourceEffect::SetIdleTimeouts { interface, .. } if *interface == now.id);
    if !we_did_any(agenda.view.case, ours) {
        return;
    }
    let left = |effect: &SourceEffect| {
        ours(effect) && matches!(effect, SourceEffect::SetIdleTimeouts { idle, .. } if *idle == now.idle)
    };
    if are_back(&before.idle, &now.idle) {
        tell_of_default(agenda, before, now);
    } else if we_did_any(agenda.view.case, left) {
        let effect = SourceEffect::SetIdleTimeouts { interface: now.id.clone(), idle: filled(&before.idle) };
        agenda.act(effect, S::Interfaces(agenda.view.case.target.instance.clone()));
    } else {
        agenda.warn(format!(
            "{} was given other idle timeouts than ours meanwhile: left as they are; captured were {}",
            now.id,
            told(&filled(&before.idle))
        ));
    }
}

/// With AWS's default where nothing was set.
fn filled(idle: &IdleTimeouts) -> IdleTimeouts {
    IdleTimeouts {
        tcp_established_seconds: idle.tcp_established_seconds.or(Some(TCP)),
        udp_stream_seconds: idle.udp_stream_seconds.or(Some(UDP_STREAM)),
        udp_seconds: idle.udp_seconds.or(Some(UDP)),
    }
}

fn are_back(before: &IdleTimeouts, now: &IdleTimeouts) -> bool {
    let nitro_v6 = before.tcp_established_seconds.is_none() && now.tcp_established_seconds == Some(TCP_NITRO_V6);
    let tcp = if nitro_v6 { before.tcp_established_seconds.or(Some(TCP)) } else { filled(now).tcp_established_seconds };
    filled(before) == IdleTimeouts { tcp_established_seconds: tcp, ..filled(now) }
}

/// Which types are of Nitro v6, no question of ours tells.
fn tell_of_default(agenda: &mut Agenda<'_>, before: &Interface, now: &Interface) {
    if before.idle.tcp_established_seconds.is_none() && now.idle.tcp_established_seconds == Some(TCP) {
        agenda.warn(format!(
            "{}: the idle timeout of established TCP connections was AWS's default and is now set to {TCP} s; on a Nitro v6 type the default is {TCP_NITRO_V6} s: set that by hand",
            now.id
        ));
    }
}

fn told(idle: &IdleTimeouts) -> String {
    let [tcp, stream, udp] = [idle.tcp_established_seconds, idle.udp_stream_seconds, idle.udp_seconds]
        .map(|seconds| seconds.map_or_else(|| "none".to_owned(), |seconds| format!("{seconds} s")));
    format!("TCP {tcp}, UDP streams {stream}, UDP {udp}")
}
