//! Client tokens: a call repeated with its token gives the first one's answer
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>).

use super::World;
use super::errors::refused;
use casebook::effect::{Effect, ForensicEffect, SourceEffect};
use casebook::fault::Fault;
use casebook::reading::Made;
use std::collections::BTreeMap;

/// What was made under which token. A token belongs to one account and one action, which the
/// stored effect tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    used: BTreeMap<(&'static str, String), (Effect, Made)>,
}

fn token_of(effect: &Effect) -> Option<(&'static str, String)> {
    let token = match effect {
        Effect::Source(SourceEffect::CreateAcl { token, .. } | SourceEffect::ReencryptImage { token, .. }) => token,
        Effect::Forensic(ForensicEffect::CopyImage { token, .. } | ForensicEffect::CreateVolume { token, .. }) => token,
        Effect::Forensic(ForensicEffect::Launch(launch)) => &launch.token,
        _ => return None,
    };
    Some((effect.actions()[0], format!("{:?} {token}", effect.side())))
}

impl World {
    /// The answer of an earlier call with the same token; a fault when its parameters differ.
    pub(crate) fn recalled(&self, effect: &Effect) -> Option<Result<Made, Fault>> {
        let (first, made) = self.tokens.used.get(&token_of(effect)?)?;
        Some(if first == effect {
            Ok(made.clone())
        } else {
            Err(refused("IdempotentParameterMismatch", "the client token was used with other parameters"))
        })
    }

    pub(crate) fn remember(&mut self, effect: &Effect, made: &Made) {
        if let Some(key) = token_of(effect) {
            self.tokens.used.insert(key, (effect.clone(), made.clone()));
        }
    }
}
