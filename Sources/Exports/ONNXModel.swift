/// A program as an ONNX model.
package struct ONNXModel {
  package let bytes: [UInt8]

  package init(_ program: ExportedProgram) throws(ExportError) {
    throw ExportError("not yet")
  }
}
