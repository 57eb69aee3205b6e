import TestSupport
import Testing

/// Where a submission is judged, nothing is left uncompared.
@Suite struct PeerTests {
  @Test(.enabled(if: Peer.areRequired, "only where GRADUS_PEERS=required"), arguments: Peer.all)
  func isThere(peer: Peer) { #expect(peer.python != nil, "make peers installs \(peer.testDescription)") }
}
