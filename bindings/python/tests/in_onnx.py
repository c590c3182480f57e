"""ONNX Runtime as the judge of what a file in ONNX predicts."""

import numpy as np
import onnx
import onnxruntime
from onnx import helper


def run(model, rows, output=None):
    """What ONNX Runtime gives, on one thread: it adds trees up in their order then.

    ``rows`` is a matrix, or a dictionary of the inputs.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    if not isinstance(rows, dict):
        first = session.get_inputs()[0]
        kind = np.float64 if "double" in first.type else np.float32
        rows = {first.name: np.asarray(rows, kind)}
    names = [each.name for each in session.get_outputs()]
    return session.run([output or names[-1]], rows)[0]


def probability(model, rows):
    """The probability of the second class, whatever form it comes in."""
    found = run(model, rows)
    if isinstance(found, list):
        return np.array([each[1] for each in found], float)
    found = np.asarray(found, float)
    return found[:, -1] if found.ndim == 2 else found


def margin(model, rows):
    """What the trees add up to: the score of the second class without a function behind it."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    trees = next(node for node in model.graph.node if node.op_type.startswith("TreeEnsemble"))
    for attribute in trees.attribute:
        if attribute.name == "post_transform" and trees.op_type != "TreeEnsemble":
            attribute.s = b"NONE"
    name = trees.output[-1]
    if name not in [output.name for output in model.graph.output]:
        kind = onnx.TensorProto.FLOAT
        if trees.op_type == "TreeEnsemble":
            kind = model.graph.input[0].type.tensor_type.elem_type
        model.graph.output.append(helper.make_tensor_value_info(name, kind, None))
    return np.asarray(run(model, rows, name), float)[:, -1]


def singles(matrix):
    """The rows as single precision holds them."""
    return np.asarray(matrix, np.float32).astype(float)
