"""Signatures of versions, and the keys that are trusted to make them."""

from modelkeep.client.connection import Connected, Moment, moment
from modelkeep.client.http import Call, route
from modelkeep.client.listing import Listing
from modelkeep.client.model_signing import StrPath, sign_manifest
from modelkeep.client.signature_values import Signature, SigningKey
from modelkeep.kernel.canonical_json import parse_json
from modelkeep.kernel.manifests import Manifest
from modelkeep.kernel.model_signing import MAX_BUNDLE_BYTES
from modelkeep.kernel.references import Reference


class SignatureMethods(Connected):
    """What a registry object can do with signatures."""

    def sign(
        self, reference: str, *, key: StrPath, password: str | None = None, certificate: StrPath | None = None
    ) -> Signature:
        """Sign the files of a version here, with a key that never leaves this machine, and add the signature.

        Args:
            reference: which version, in any form.
            key: a file with a private key on P-256, P-384 or P-521, in PEM.
            password: the key's, if it has one.
            certificate: a file with the signer's certificate and those between it and its authority, in PEM.

        Raises:
            InvalidSigningKeyError: the key cannot be read, or the certificate is not its own.
            InvalidRequestError: the registry does not trust the key.
            ExtraMissingError: the extra `verify` is not installed.
        """
        path, name = self._version_path(reference), Reference.parse(reference).model
        manifest = Manifest.parse(self._session.send(Call("GET", f"{path}/manifest")).content)
        return self._add(path, sign_manifest(name, manifest, key=key, password=password, certificate=certificate))

    def add_signature(self, reference: str, bundle: bytes) -> Signature:
        """Add a signature that was made elsewhere, such as a `model.sig` of OpenSSF's model-signing.

        Raises:
            InvalidRequestError: it is no bundle, no trusted key has made it, or it signs other files.
        """
        return self._add(self._version_path(reference), bundle)

    def list_signatures(self, reference: str) -> Listing[Signature]:
        """Yield the signatures of a version, the newest first, each as the server verifies it now."""
        return self._pages(f"{self._version_path(reference)}/signatures", Signature.read)

    def signature_bundle(self, reference: str, signature: str) -> bytes:
        """Return the bundle of a signature by its id, as other programs verify it.

        Raises:
            NotFoundError: the version has no such signature.
        """
        path = self._version_path(reference) + route("signatures", signature, "bundle")
        return self._session.send(Call("GET", path)).content

    def trust_signing_key(
        self,
        name: str,
        pem: str,
        *,
        namespace: str | None = None,
        identity: str | None = None,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
    ) -> SigningKey:
        """Trust a public key, or an authority about identities, in a namespace or the whole registry.

        Args:
            name: what people know it by.
            pem: the public key, or the certificates of the authority.
            namespace: where; None is everywhere.
            identity: of an authority: about whom, such as `email:*@example.org`.
            valid_from: signatures that are received before do not count.
            valid_until: nor do those that are received from then on.

        Raises:
            AlreadyExistsError: another key has this name there.
        """
        body = {"name": name, "pem": pem, "identity": identity}
        body |= {"valid_from": moment(valid_from), "valid_until": moment(valid_until)}
        call = Call("POST", _keys_of(namespace), body={key: value for key, value in body.items() if value is not None})
        return SigningKey.read(self._session.answer(call))

    def list_signing_keys(self, namespace: str | None = None, *, as_of: Moment | None = None) -> Listing[SigningKey]:
        """Yield the keys that are trusted in a namespace or the whole registry, or were at a time, the newest first."""
        return self._pages(_keys_of(namespace), SigningKey.read, as_of=moment(as_of))

    def revoke_signing_key(self, key: str, *, namespace: str | None = None, reason: str = "") -> SigningKey:
        """Take back the trust in a key by its id: no signature holds by it any more.

        Raises:
            NotFoundError: no such key is trusted there.
        """
        path = _keys_of(namespace) + route(key, "revoke")
        return SigningKey.read(self._session.answer(Call("POST", path, body={"reason": reason})))

    def _add(self, version_path: str, bundle: bytes) -> Signature:
        document = parse_json(bundle, max_bytes=MAX_BUNDLE_BYTES)
        return Signature.read(
            self._session.answer(Call("POST", f"{version_path}/signatures", body={"bundle": document}))
        )


def _keys_of(namespace: str | None) -> str:
    return "/signing-keys" if namespace is None else route("namespaces", namespace, "signing-keys")
