"""Makes libraries of generated code, as cmake/LinktorProto.cmake does."""

load(":targets.bzl", "COMMON_COPTS")

def linktor_proto_library(
        name,
        protos,
        root = None,
        grpc = False,
        descriptor_set = None,
        deps = []):
    """Makes a library of generated code, which is compiled without warnings.

    Its headers are system headers. Other code includes them as
    "<path below the root>.pb.h".

    Args:
      name: the name of the library.
      protos: the .proto files, with paths relative to the root.
      root: the folder to which imports and includes are relative. None means
        this package; any other value names a folder of @debian.
      grpc: whether code for the services is generated too.
      descriptor_set: the name of a file that gets the descriptors of the
        protos, with their comments. None means no such file.
      deps: the other libraries of generated code that this one imports.
    """
    folder = native.package_name()
    sources = protos
    if root:
        folder = "external/debian/" + root
        sources = ["@debian//:{}/{}".format(root, proto) for proto in protos]

    suffixes = ["pb"] + (["grpc.pb"] if grpc else [])
    stems = [
        "{}.{}".format(proto[:-len(".proto")], suffix)
        for proto in protos
        for suffix in suffixes
    ]
    srcs = [stem + ".cc" for stem in stems]
    hdrs = [stem + ".h" for stem in stems]

    tools = ["@debian//:protoc"]
    command = ["$(location @debian//:protoc)"]
    if grpc:
        tools.append("@debian//:grpc_cpp_plugin")
        command += [
            "--plugin=protoc-gen-grpc=$(location @debian//:grpc_cpp_plugin)",
            "--grpc_out=$(RULEDIR)",
        ]
    command += ["--cpp_out=$(RULEDIR)", "--proto_path=" + folder]
    command += ["{}/{}".format(folder, proto) for proto in protos]

    native.genrule(
        name = name + "_generated",
        srcs = sources,
        outs = srcs + hdrs,
        cmd = " ".join(command),
        exec_tools = tools,
        message = "protoc",
    )

    if descriptor_set:
        native.genrule(
            name = name + "_descriptor_set",
            srcs = sources,
            outs = [descriptor_set],
            cmd = " ".join([
                "$(location @debian//:protoc)",
                "--include_source_info",
                "--descriptor_set_out=$@",
                "--proto_path=" + folder,
            ] + ["{}/{}".format(folder, proto) for proto in protos]),
            exec_tools = ["@debian//:protoc"],
            message = "protoc",
            visibility = ["//:__subpackages__"],
        )

    deps = deps + ["@debian//:protobuf"]
    if grpc:
        # The generated code uses absl::Mutex, but Debian's gRPC does not add
        # absl::synchronization to the link.
        deps += ["@debian//:grpc++", "@debian//:absl_synchronization"]
    native.cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        copts = COMMON_COPTS + ["-w"],
        includes = ["."],
        linkstatic = True,
        visibility = ["//:__subpackages__"],
        deps = deps,
    )
