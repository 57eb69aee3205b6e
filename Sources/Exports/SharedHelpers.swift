/// Functions that Python source of NumPy and of JAX share, as both have NumPy's words.
extension ArrayDialect {
  /// - Parameter module: what the library is called there.
  static func sharedHelpers(_ module: String) -> [(name: String, text: String)] {
    numpyWords.map { ($0.name, $0.text.replacing("np.", with: "\(module).")) }
  }

  private static let numpyWords: [(name: String, text: String)] = [
    (
      "packed",
      """
      def packed(x, *parts):
          return np.concatenate([part.reshape(x.shape[:-2] + (-1,)) for part in parts], axis=-1).astype(x.dtype)
      """
    ),
    (
      "packed_qr",
      """
      def packed_qr(x):
          return packed(x, *np.linalg.qr(x.astype(np.float64)))
      """
    ),
    (
      "packed_svd",
      """
      def packed_svd(x):
          return packed(x, *np.linalg.svd(x.astype(np.float64), full_matrices=False))
      """
    ),
    (
      "packed_eigh",
      """
      def packed_eigh(x):
          return packed(x, *np.linalg.eigh(x.astype(np.float64)))
      """
    ),
    (
      "cofactors",
      """
      def cofactors(x):
          u, s, vh = np.linalg.svd(x.astype(np.float64), full_matrices=False)
          others = [np.prod(np.delete(s, i, axis=-1), axis=-1) for i in range(s.shape[-1])]
          sign = np.linalg.det(u) * np.linalg.det(vh)
          return ((u * np.stack(others, axis=-1)[..., None, :]) @ vh * sign[..., None, None]).astype(x.dtype)
      """
    ),
    (
      "random_words",
      """
      def random_words(seed, draw, count):
          # Philox 4x32-10 (Salmon et al. 2011): four words follow from the seed, the draw and the block's number alone.
          block = np.arange(count, dtype=np.uint64)
          seed, draw = np.asarray(seed).astype(np.uint64), np.asarray(draw).astype(np.uint64)
          low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
          a, b, c, d = block & low, block >> half, (draw & low) + 0 * block, (draw >> half) + 0 * block
          k, l = seed & low, seed >> half
          for _ in range(10):
              p, q = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
              a, b, c, d = (q >> half) ^ b ^ k, q & low, (p >> half) ^ d ^ l, p & low
              k, l = (k + np.uint64(0x9E3779B9)) & low, (l + np.uint64(0xBB67AE85)) & low
          return a, b, c, d
      """
    ),
    (
      "random_units",
      """
      def random_units(seed, draw, count, dtype):
          if dtype == np.float32:
              words = random_words(seed, draw, (count + 3) // 4)
              return np.stack([(word >> np.uint64(8)) * 2.0**-24 for word in words], axis=-1).reshape(-1)
          a, b, c, d = random_words(seed, draw, (count + 1) // 2)
          pairs = [(high << np.uint64(32) | word) >> np.uint64(11) for high, word in ((b, a), (d, c))]
          return np.stack([pair * 2.0**-53 for pair in pairs], axis=-1).reshape(-1)
      """
    ),
    (
      "draw_uniform",
      """
      def draw_uniform(seed, draw, shape, dtype):
          count = math.prod(shape)
          return random_units(seed, draw, count, dtype)[:count].reshape(shape).astype(dtype)
      """
    ),
    (
      "draw_normal",
      """
      def draw_normal(seed, draw, shape, dtype):
          count = math.prod(shape)
          units = random_units(seed, draw, count + count % 2, dtype)[: count + count % 2].reshape(-1, 2)
          size, turn = np.sqrt(-2 * np.log(1 - units[:, 0])), 2 * math.pi * units[:, 1]
          pairs = np.stack([size * np.cos(turn), size * np.sin(turn)], axis=-1)
          return pairs.reshape(-1)[:count].reshape(shape).astype(dtype)
      """
    ),
    (
      "dft",
      """
      def dft(x):
          z = np.fft.fft(x[..., 0, :] + 1j * x[..., 1, :], axis=-1)
          return np.stack([z.real, z.imag], axis=-2).astype(x.dtype)
      """
    ),
    (
      "inverse_dft",
      """
      def inverse_dft(x):
          z = np.fft.ifft(x[..., 0, :] + 1j * x[..., 1, :], axis=-1) * x.shape[-1]
          return np.stack([z.real, z.imag], axis=-2).astype(x.dtype)
      """
    ),
  ]
}
