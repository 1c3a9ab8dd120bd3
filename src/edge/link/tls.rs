//! Who is at the other end? TLS 1.3 with both certificates; what counts of a certificate is its public key, no authority signs.

use std::sync::{Arc, OnceLock};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme, version,
};

use super::Service;
use super::members::Members;
use crate::edge::identity::{Identity, node_id};
use crate::model::id::NodeId;

/// What this node shows of itself, and how TLS is spoken.
pub(super) struct Tls {
    pub(super) me: NodeId,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    provider: Arc<CryptoProvider>,
}

/// Whom a dialler expects at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expect {
    /// This node and no other.
    Node(NodeId),
    /// Whoever answers: who it is, the join handshake finds out.
    Anybody,
}

impl Tls {
    pub(super) fn new(identity: &Identity) -> Self {
        Self {
            me: identity.node().clone(),
            certificate: CertificateDer::from(identity.certificate().to_vec()),
            key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(identity.key().serialize_der())),
            provider: Arc::new(rustls::crypto::ring::default_provider()),
        }
    }

    /// How a connection for `service` is accepted: from members only, except for joining. Nothing is resumed, so that each
    /// connection asks anew who is a member.
    pub(super) fn accept(&self, service: Service, members: &Arc<Members>) -> Result<ServerConfig, Error> {
        let gate = ClientGate {
            members: (service != Service::Join).then(|| Arc::clone(members)),
            algorithms: self.provider.signature_verification_algorithms,
        };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&version::TLS13])?
            .with_client_cert_verifier(Arc::new(gate))
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())?;
        config.alpn_protocols = vec![service.alpn().to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    /// How `service` is dialled, and the public key that will have answered.
    pub(super) fn dial(&self, service: Service, expect: Expect) -> Result<(ClientConfig, Answered), Error> {
        let answered = Answered::default();
        let gate = ServerGate {
            me: self.me.clone(),
            expect,
            answered: answered.clone(),
            algorithms: self.provider.signature_verification_algorithms,
        };
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(gate))
            .with_client_auth_cert(vec![self.certificate.clone()], self.key.clone_key())?;
        config.alpn_protocols = vec![service.alpn().to_vec()];
        config.resumption = Resumption::disabled();
        config.enable_sni = false;
        Ok((config, answered))
    }
}

/// The public key (SPKI, DER) that answered a dial, whether it was the right one or not.
#[derive(Debug, Clone, Default)]
pub(super) struct Answered(Arc<OnceLock<Vec<u8>>>);

impl Answered {
    pub(super) fn key(&self) -> Option<&[u8]> {
        self.0.get().map(Vec::as_slice)
    }
}

/// The public key of a certificate.
pub(super) fn public_key(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, Error> {
    Ok(ParsedCertificate::try_from(certificate)?.subject_public_key_info().to_vec())
}

fn refused() -> Error {
    Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
}

/// TLS 1.2 is never offered, so no signature of it is ever right.
fn no_tls12() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::General("only TLS 1.3 is spoken here".to_owned()))
}

#[derive(Debug)]
struct ClientGate {
    /// None: everybody.
    members: Option<Arc<Members>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for ClientGate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let key = public_key(end_entity)?;
        let is_in = self.members.as_ref().is_none_or(|members| members.admit(&key).is_some());
        if is_in { Ok(ClientCertVerified::assertion()) } else { Err(refused()) }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

#[derive(Debug)]
struct ServerGate {
    me: NodeId,
    expect: Expect,
    answered: Answered,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for ServerGate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let key = public_key(end_entity)?;
        let node = node_id(&key);
        // The first certificate is the only one: TLS 1.3 does not renegotiate.
        drop(self.answered.0.set(key));
        let is_right = match &self.expect {
            Expect::Node(expected) => node == *expected,
            Expect::Anybody => node != self.me,
        };
        if is_right { Ok(ServerCertVerified::assertion()) } else { Err(refused()) }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_key_in_the_certificate_is_the_one_members_are_known_by() {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity::open(dir.path()).unwrap();
        let certificate = CertificateDer::from(identity.certificate().to_vec());
        assert_eq!(public_key(&certificate).unwrap(), identity.public_key());
    }

    #[test]
    fn what_is_no_certificate_has_no_key() {
        assert!(public_key(&CertificateDer::from(vec![0x30, 0x03, 1, 2, 3])).is_err());
    }
}
