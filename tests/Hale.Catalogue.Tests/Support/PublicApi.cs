using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Hale.Catalogue.Tests.Api;

/// <summary>Writes what an assembly shows to others, in words close to C#'s, sorted; what the compiler adds to records is left out.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var space in assembly.GetExportedTypes().GroupBy(type => type.Namespace!).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            text.Append($"namespace {space.Key}\n");
            foreach (var type in space.OrderBy(type => type.Name, StringComparer.Ordinal))
            {
                text.Append($"\n{Head(type)}\n");
                foreach (var member in Members(type).Order(StringComparer.Ordinal))
                    text.Append($"    {member}\n");
            }
            text.Append('\n');
        }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string Head(Type type)
    {
        var isRecord = type.GetMethod("<Clone>$") is not null || type.GetMethod("PrintMembers", Declared) is not null;
        var kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? (isRecord ? "record struct" : "struct") : isRecord ? "record" : "class";
        var shape = type is { IsAbstract: true, IsSealed: true } ? "static " : type.IsAbstract && !type.IsInterface ? "abstract " : type is { IsSealed: true, IsValueType: false } ? "sealed " : "";
        var above = type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum) ? $" : {Name(parent)}" : "";
        return $"{shape}{kind} {Name(type)}{above}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return Enum.GetNames(type);
        return type.GetConstructors(Declared).Where(one => Shown(one) && !IsCopy(one)).Select(one => $"new({Parameters(one)})")
            .Concat(type.GetFields(Declared).Where(field => field.IsPublic).Select(field => $"const {Name(field.FieldType)} {field.Name}"))
            .Concat(type.GetProperties(Declared).Where(property => Shown(property.GetMethod) && property.Name != "EqualityContract").Select(Property))
            .Concat(type.GetMethods(Declared).Where(method => Shown(method) && !IsOfTheCompiler(method)).Select(Method));
    }

    private static string Property(PropertyInfo property)
    {
        var setter = property.SetMethod is { } set && Shown(set)
            ? set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;"
            : "";
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"this[{string.Join(", ", parameters.Select(Parameter))}]" : property.Name;
        return $"{Shape(property.GetMethod!)}{required}{Name(property.PropertyType)}{Mark(Nullability.Create(property).ReadState, property.PropertyType)} {index} {{ get;{setter} }}";
    }

    private static string Method(MethodInfo method)
    {
        var arguments = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        var result = $"{Name(method.ReturnType)}{Mark(Nullability.Create(method.ReturnParameter).ReadState, method.ReturnType)}";
        return $"{Shape(method)}{result} {method.Name}{arguments}({Parameters(method)})";
    }

    private static string Shape(MethodInfo method) =>
        (method.IsFamily ? "protected " : "")
        + (method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method.GetBaseDefinition() != method ? "override " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "");

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var (by, plain) = type.IsByRef ? ("ref ", type.GetElementType()!) : ("", type);
        var start = parameter.HasDefaultValue ? $" = {(parameter.DefaultValue is string text ? $"\"{text}\"" : parameter.DefaultValue ?? "null")}" : "";
        return $"{by}{Name(plain)}{Mark(Nullability.Create(parameter).ReadState, plain)} {parameter.Name}{start}";
    }

    private static string Mark(NullabilityState state, Type type) => state == NullabilityState.Nullable && !type.IsValueType ? "?" : "";

    private static string Name(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[]";
        if (!type.IsGenericType)
            return type.IsNested && !type.IsGenericParameter ? $"{Name(type.DeclaringType!)}.{type.Name}" : type.Name;
        var arguments = string.Join(", ", type.GetGenericArguments().Select(Name));
        return type.FullName?.StartsWith("System.ValueTuple", StringComparison.Ordinal) == true ? $"({arguments})" : $"{type.Name.Split('`')[0]}<{arguments}>";
    }

    private static bool Shown(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    private static bool IsCopy(ConstructorInfo constructor) =>
        constructor.GetParameters() is [var only] && only.ParameterType == constructor.DeclaringType;

    private static bool IsOfTheCompiler(MethodInfo method) =>
        (method.IsSpecialName && method.Name is not ("op_Implicit" or "op_Explicit"))
        || method.Name is "<Clone>$" or "PrintMembers" or "Deconstruct" or "Equals" or "GetHashCode" or "ToString" or "GetEnumerator";
}
