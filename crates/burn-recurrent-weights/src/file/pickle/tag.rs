//! What a text or a class means to a reader.

/// The texts, and the classes, that have a meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tag {
    None,
    /// One that may be any other, once its escapes are read.
    Escaped,
    /// The modules of the classes below.
    TorchUtils,
    TorchTensor,
    Collections,
    Builtins,
    Numpy,
    /// `_rebuild_tensor` and its successors.
    RebuildTensor,
    OrderedDict,
    RebuildParameter,
    RebuildFromType,
    Set,
    /// The classes of the last three, whose calls give back what they got.
    Wrapper,
    /// `_parameters`, `_buffers`, `_modules`.
    ModuleTable(u8),
}

impl Tag {
    pub(super) fn of(text: &[u8]) -> Self {
        match text {
            b"torch._utils" => Self::TorchUtils,
            b"torch._tensor" => Self::TorchTensor,
            b"collections" => Self::Collections,
            b"builtins" | b"__builtin__" => Self::Builtins,
            b"numpy" | b"numpy.core.multiarray" | b"numpy._core.multiarray" => Self::Numpy,
            b"_rebuild_tensor" | b"_rebuild_tensor_v2" | b"_rebuild_tensor_v3" => {
                Self::RebuildTensor
            }
            b"OrderedDict" => Self::OrderedDict,
            b"_rebuild_parameter" | b"_rebuild_parameter_with_state" => Self::RebuildParameter,
            b"_rebuild_from_type_v2" => Self::RebuildFromType,
            b"set" | b"frozenset" => Self::Set,
            b"_parameters" => Self::ModuleTable(0),
            b"_buffers" => Self::ModuleTable(1),
            b"_modules" => Self::ModuleTable(2),
            _ => Self::None,
        }
    }
}
