import Testing

@testable import Language

/// Layers and losses at their edges, and against the layers that they are made of.
@Suite struct LayerTests {
  private static func holds(_ program: String) {
    let text = printed(":precision float64\nseed(2)\n" + program)
    #expect(text == "", "\(text)")
  }

  @Test func normsAgreeWithEachOther() {
    Self.holds(
      """
      x = normal(4, 6, 3)
      expect batch_norm(x, axis=0) ~ layer_norm(x, axis=[1, 2])
      expect group_norm(x, 1) ~ layer_norm(x, axis=[1, 2])
      expect group_norm(x, 6) ~ layer_norm(x)
      m, v = (mean(x, axis=[0, 2]), var(x, axis=[0, 2]))
      expect batch_norm(x, mean=m, var=v) ~ batch_norm(x)
      expect batch_norm(x, mean=m) ~ batch_norm(x)
      expect batch_norm(x, var=v) ~ batch_norm(x)
      g, b = (normal(6), normal(6))
      expect batch_norm(x, scale=g, shift=b) ~ batch_norm(x) * g[:, new] + b[:, new]
      expect layer_norm(x, axis=1, scale=g, shift=b) ~ layer_norm(x, axis=1) * g[:, new] + b[:, new]
      expect rms_norm(x - mean(x, axis=-1, keepdims=true), eps=1e-5) ~ layer_norm(x)
      expect rms_norm(x, axis=1, scale=g) ~ rms_norm(x, axis=1) * g[:, new]
      expect batch_norm([[5, 1]]) ~ [[0, 0]]
      expect rms_norm([1e200, 1e200]) ~ [1, 1]
      expect batch_norm([[1e200], [-1e200]]) ~ [[1], [-1]]
      expect error "no axis 1" in { batch_norm([1, 2]) }
      expect error "'scale'" in { batch_norm(x, scale=[1, 2, 3]) }
      expect error "'shift'" in { group_norm(x, 2, shift=[1, 2]) }
      expect error "groups" in { group_norm(x, 4) }
      expect error "groups" in { group_norm(x, 0) }
      expect shape(batch_norm(zeros(0, 3))) ~ [0, 3]
      expect shape(group_norm(zeros(2, 0, 3), 1)) ~ [2, 0, 3]
      """)
  }

  @Test func groupsAndGapsInConvolutions() {
    Self.holds(
      """
      x, w = (normal(2, 4, 5, 6), normal(6, 2, 2, 3))
      expect conv2d(x, w, groups=2) ~ concat([conv2d(x[:, :2], w[:3]), conv2d(x[:, 2:], w[3:])], axis=1)
      gaps = zeros(6, 2, 3, 7)
      gaps[:, :, ::2, ::3] = w
      expect conv2d(x, w, groups=2, dilation=[2, 3], padding=1) ~ conv2d(x, gaps, groups=2, padding=1)
      line = conv2d(x[:, :, :1], w[:, :, :1], groups=2, stride=[1, 2], padding=[0, 1])
      expect conv1d(x[:, :, 0], w[:, :, 0], groups=2, stride=2, padding=1) ~ line[:, :, 0]
      expect error "groups" in { conv2d(x, w, groups=3) }
      expect error "channels" in { conv2d(x, w) }
      expect error "3 doesn't fit into 2" in { conv1d([[[1, 2]]], [[[1, 1, 1]]]) }
      expect error "5 doesn't fit into 4" in { conv1d([[[1, 2, 3, 4]]], [[[1, 1]]], dilation=4) }
      """)
  }

  @Test(arguments: ["stride=1", "stride=2", "stride=[2, 3], padding=1", "stride=3, padding=[1, 0]"])
  func transposedConvolutionIsTheAdjoint(laying: String) {
    Self.holds(
      """
      y, w = (normal(2, 3, 7, 10), normal(4, 3, 3, 2))
      x = normal(shape(conv2d(y, w, \(laying))))
      z = conv_transpose2d(x, w, \(laying))
      extra = shape(y)[2:] - shape(z)[2:]
      z = conv_transpose2d(x, w, \(laying), output_padding=extra)
      expect shape(z) ~ shape(y)
      expect sum(conv2d(y, w, \(laying)) * x) ~ sum(y * z)
      """)
    Self.holds(
      """
      expect error "output_padding" in { conv_transpose2d(ones(1, 1, 2, 2), ones(1, 1, 2, 2), output_padding=1) }
      expect error "leaves nothing" in { conv_transpose2d(ones(1, 1, 1, 1), ones(1, 1, 2, 2), padding=1) }
      expect error "channels" in { conv_transpose2d(ones(1, 2, 2, 2), ones(1, 1, 2, 2)) }
      w = [[[[nan, 3]]]] * mask([[[[0, 1]]]])
      expect conv_transpose2d([[[[1, 2]]]], w) ~ [[[[0, 3, 6]]]]
      """)
  }

  @Test func attentionSeesWhatItMay() {
    Self.holds(
      """
      q, k, v = (normal(3, 4), normal(5, 4), normal(5, 2))
      expect attention(q, k, v) ~ softmax(q @ k.T / 2) @ v
      m = mask([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
      y := attention(q, k, v, mask=m)
      expect y[1] == 0
      expect structural(y) == [[true, true], [false, false], [true, true]]
      expect structural(grad(sum(sin(y)), q)) == ones(3, 4) * [[1], [0], [1]]
      expect not any(isnan(grad(sum(sin(y)), k)))
      expect y[2] ~ attention(q, k, v)[2]
      k[1] = nan
      v[1] = inf
      expect not any(isnan(y[:2]))
      expect not any(isnan(grad(sum(y[:2]), v)))
      k[1] = 0
      v[1] = 0
      causal = attention(q, k, v, causal=true)
      expect causal[0] ~ v[0]
      expect causal ~ attention(q, k, v, mask=mask(tril(ones(3, 5))))
      expect attention(q, k, v, mask=where(m, 0, -inf)) ~ y
      expect not any(isnan(grad(sum(attention(q, k, v, mask=where(m, 0, -inf))), q)))
      expect attention(q * 1e3, k * 1e3, v)[0, 0] ~ v[argmax(q @ k.T, axis=1), 0][0]
      expect shape(attention(normal(2, 1, 3, 4), normal(5, 3, 4), normal(5, 3, 1))) ~ [2, 5, 3, 1]
      expect attention(q, zeros(0, 4), zeros(0, 2)) == zeros(3, 2)
      expect error "length" in { attention(q, v, v) }
      expect error "value for each key" in { attention(q, k, q) }
      expect error "broadcast" in { attention(q, k, v, mask=mask(ones(3, 4))) }
      """)
  }

  @Test func directionsHaveNoLength() {
    Self.holds(
      """
      a, b = (normal(3, 4), normal(3, 4))
      expect cosine_similarity(a, 5 * a) ~ ones(3)
      expect cosine_similarity(a, b[0]) ~ (a @ b[0]) / (norm(a, axis=1) * norm(b[0]))
      expect cosine_similarity(1e200 * a, b) ~ cosine_similarity(a, b)
      z = [0, 0]
      expect grad(cosine_similarity(z, [3, 4]), z) ~ [0.6e8, 0.8e8]
      """)
  }

  @Test func ignoredRowsAreAsIfTheyWereNotThere() {
    Self.holds(
      """
      x, t = (normal(4, 3), [0, -1, 2, -1])
      rows = x[[0, 2]]
      expect cross_entropy(x, t, ignore_index=-1) ~ cross_entropy(rows, [0, 2])
      expect nll(x, t, ignore_index=-1) ~ nll(rows, [0, 2])
      expect nll(x, t, ignore_index=-1, reduction="sum") ~ nll(rows, [0, 2], reduction="sum")
      expect nll(x, t, ignore_index=-1, reduction="none")[[0, 2]] ~ nll(rows, [0, 2], reduction="none")
      expect cross_entropy(x, t, ignore_index=-1, weights=[1, 5, 0, 5]) ~ cross_entropy(x[:1], [0])
      x[1] = nan
      expect not isnan(cross_entropy(x, t, ignore_index=-1))
      expect grad(cross_entropy(x, t, ignore_index=-1), x)[1] == 0
      expect cross_entropy(x, [7, 7, 7, 7], ignore_index=7) == 0
      expect error "out of range" in { cross_entropy(x, [7, 0, 0, 0], ignore_index=3) }
      expect error "class numbers" in { cross_entropy(rows, rows, ignore_index=3) }
      """)
  }

  @Test func smoothedLabelsAreProbabilities() {
    Self.holds(
      """
      x = normal(2, 4)
      soft = 0.7 * one_hot([1, 3], 4) + 0.3 / 4
      expect cross_entropy(x, [1, 3], label_smoothing=0.3) ~ cross_entropy(x, soft)
      expect cross_entropy(x, one_hot([1, 3], 4), label_smoothing=0.3) ~ cross_entropy(x, soft)
      expect cross_entropy(x, [1, 3], label_smoothing=1) ~ cross_entropy(x, ones(2, 4) / 4)
      expect error "label_smoothing" in { cross_entropy(x, [1, 3], label_smoothing=-0.1) }
      expect error "label_smoothing" in { cross_entropy(x, [1, 3], label_smoothing=nan) }
      """)
  }
}
