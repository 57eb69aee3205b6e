import CKernels
import Foundation
import Testing

/// The random number generator against known answers and its moments.
struct RandomNumberTests {
  @Test func philoxIsAsPublished() {
    // The known answer of Random123 for a zero key and counter: 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
    var floats = [Float](repeating: 0, count: 4), doubles = [Double](repeating: 0, count: 2)
    unsafe gk_uniform_f32(0, 0, &floats, 4)
    #expect(floats == [0x6627e8, 0xe169c5, 0xbc57ac, 0x9b00db].map { Float($0) * 0x1p-24 })
    unsafe gk_uniform_f64(0, 0, &doubles, 2)
    let words: [UInt64] = [0xe169_c58d_6627_e8d5, 0x9b00_dbd8_bc57_ac4c]
    #expect(doubles == words.map { Double($0 >> 11) * 0x1p-53 })
  }

  @Test func drawsDependOnTheElementOnly() {
    var long = [Double](repeating: 0, count: 1000), short = [Double](repeating: 0, count: 77), other = short
    unsafe gk_normal_f64(5, 1, &long, long.count)
    unsafe gk_normal_f64(5, 1, &short, short.count)
    unsafe gk_normal_f64(5, 2, &other, other.count)
    #expect(Array(long.prefix(77)) == short && short != other)
  }

  @Test func drawsHaveTheirMoments() {
    let count = 200_000
    var uniform = [Float](repeating: 0, count: count), normal = uniform
    unsafe gk_uniform_f32(1, 0, &uniform, count)
    unsafe gk_normal_f32(1, 0, &normal, count)
    func mean(_ x: [Float], _ power: Int) -> Double {
      x.reduce(0) { $0 + pow(Double($1), Double(power)) } / Double(count)
    }
    #expect(uniform.allSatisfy { 0 <= $0 && $0 < 1 } && abs(mean(uniform, 1) - 0.5) < 0.004)
    #expect(abs(mean(uniform, 2) - 1.0 / 3) < 0.004)
    #expect(abs(mean(normal, 1)) < 0.012 && abs(mean(normal, 2) - 1) < 0.02 && abs(mean(normal, 4) - 3) < 0.15)
  }
}
