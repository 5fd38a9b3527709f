// Displays and formatters of the stand-in; see HostApiCore.cs.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Linq.Expressions;
using System.Reflection;

namespace Microsoft.DotNet.Interactive
{
    using Microsoft.DotNet.Interactive.Formatting;

    public static class KernelInvocationContextExtensions
    {
        public static DisplayedValue Display(this KernelInvocationContext context, object value, params string[] mimeTypes)
        {
            var formatted = FormattedValue.CreateManyFromObject(value, mimeTypes);
#if APRIL_2026
            var shown = new DisplayedValue(value, formatted);
#else
            var shown = new DisplayedValue(formatted, context);
#endif
            context.Publish(shown.DisplayId, formatted, isUpdate: false);
            return shown;
        }
    }
}

#if APRIL_2026
namespace Microsoft.DotNet.Interactive.Formatting
{
    public class DisplayedValue
    {
        public DisplayedValue(object value, IReadOnlyList<FormattedValue> formattedValues) => (Value, FormattedValues) = (value, formattedValues);

        public string DisplayId { get; } = Guid.NewGuid().ToString();

        public object Value { get; private set; }

        public IReadOnlyList<FormattedValue> FormattedValues { get; private set; }

        public void Update(object updatedValue)
        {
            Value = updatedValue;
            FormattedValues = FormattedValue.CreateManyFromObject(updatedValue, FormattedValues.Select(v => v.MimeType).ToArray());
            // In this shape an update finds its cell through the ambient context alone.
            Microsoft.DotNet.Interactive.KernelInvocationContext.Current?.Publish(DisplayId, FormattedValues, isUpdate: true);
        }
    }
}
#else
namespace Microsoft.DotNet.Interactive
{
    using Microsoft.DotNet.Interactive.Formatting;

    public class DisplayedValue
    {
        private readonly KernelInvocationContext _context;

        public DisplayedValue(IReadOnlyList<FormattedValue> formattedValues, KernelInvocationContext context) => (FormattedValues, _context) = (formattedValues, context);

        public string DisplayId { get; } = Guid.NewGuid().ToString();

        public IReadOnlyList<FormattedValue> FormattedValues { get; private set; }

        public void Update(object updatedValue)
        {
            FormattedValues = FormattedValue.CreateManyFromObject(updatedValue, FormattedValues.Select(v => v.MimeType).ToArray());
            _context.Publish(DisplayId, FormattedValues, isUpdate: true);
        }
    }
}
#endif

namespace Microsoft.DotNet.Interactive.Formatting
{
    public class FormattedValue
    {
        public FormattedValue(string mimeType, string value) => (MimeType, Value) = (mimeType, value);

        public string MimeType { get; }

        public string Value { get; }

        public static IReadOnlyList<FormattedValue> CreateManyFromObject(object value, params string[] mimeTypes)
        {
            if (mimeTypes is null || mimeTypes.Length == 0) mimeTypes = Formatter.GetPreferredMimeTypesFor(value?.GetType()).ToArray();
            return mimeTypes.Select(type => new FormattedValue(type, Formatter.ToDisplayString(value, type))).ToArray();
        }
    }

    public class FormatContext
    {
        public FormatContext(TextWriter writer) => Writer = writer;

        public TextWriter Writer { get; }
    }

    public delegate bool FormatDelegate<in T>(T value, FormatContext context);

    public interface ITypeFormatter
    {
        string MimeType { get; }

        Type Type { get; }

        bool Format(object instance, FormatContext context);
    }

    public static class Formatter
    {
        private static readonly List<(Type Type, string MimeType, FormatDelegate<object> Format)> _user = new(), _default = new();
        private static readonly List<(Type Type, string[] MimeTypes)> _preferred = new();
        private static readonly HashSet<Type> _checked = new();

        public static string DefaultMimeType { get; set; } = "text/html";

        public static void Register(ITypeFormatter formatter) => _user.Insert(0, (formatter.Type, formatter.MimeType, formatter.Format));

        public static void Register<T>(FormatDelegate<T> formatter, string mimeType = "text/plain") => _user.Insert(0, (typeof(T), mimeType, (value, context) => formatter((T)value, context)));

        public static void Register(Type type, FormatDelegate<object> formatter, string mimeType = "text/plain") => _user.Insert(0, (type, mimeType, formatter));

        public static void Register(Type type, Action<object, TextWriter> formatter, string mimeType = "text/plain") => _user.Insert(0, (type, mimeType, (value, context) =>
        {
            formatter(value, context.Writer);
            return true;
        }));

        public static void Register<T>(Action<T, TextWriter> formatter, string mimeType = "text/plain") => Register(typeof(T), (value, writer) => formatter((T)value, writer), mimeType);

        public static void Register<T>(Func<T, string> formatter, string mimeType = "text/plain") => Register<T>((value, writer) => writer.Write(formatter(value)), mimeType);

        public static void SetPreferredMimeTypesFor(Type type, params string[] preferredMimeTypes) => _preferred.Insert(0, (type, preferredMimeTypes));

        public static IReadOnlyCollection<string> GetPreferredMimeTypesFor(Type type)
        {
            type ??= typeof(object);
            RegisterByConvention(type);
            var found = _preferred.FirstOrDefault(p => p.Type.IsAssignableFrom(type));
            return found.Type is null ? new[] { type == typeof(string) ? "text/plain" : DefaultMimeType } : found.MimeTypes;
        }

        public static string ToDisplayString(this object value, string mimeType = "text/plain")
        {
            if (value is null) return "<null>";
            RegisterByConvention(value.GetType());
            foreach (var formatter in _user.Concat(_default).Where(f => f.MimeType == mimeType && f.Type.IsInstanceOfType(value)))
            {
                var writer = new StringWriter();
                if (formatter.Format(value, new FormatContext(writer))) return writer.ToString();
            }

            return mimeType is "text/plain" or "text/html" ? value.ToString() : throw new ArgumentException($"No formatter is registered for MIME type {mimeType}.");
        }

        private static void RegisterByConvention(Type type)
        {
            if (!_checked.Add(type)) return;
            foreach (var attribute in type.GetCustomAttributes(true).Where(a => a.GetType().Name == "TypeFormatterSourceAttribute"))
            {
                var source = Activator.CreateInstance((Type)attribute.GetType().GetProperty("FormatterSourceType").GetValue(attribute));
                foreach (var formatter in (IEnumerable)source.GetType().GetMethod("CreateTypeFormatters").Invoke(source, null))
                {
                    var (value, writer) = (Expression.Parameter(typeof(object)), Expression.Parameter(typeof(TextWriter)));
                    var call = Expression.Call(Expression.Constant(formatter), formatter.GetType().GetMethod("Format"), value, writer);
                    var format = Expression.Lambda<Func<object, TextWriter, bool>>(call, value, writer).Compile();
                    _default.Insert(0, (type, (string)formatter.GetType().GetProperty("MimeType").GetValue(formatter), (v, context) => format(v, context.Writer)));
                }

                if (attribute.GetType().GetProperty("PreferredMimeTypes").GetValue(attribute) is string[] preferred) SetPreferredMimeTypesFor(type, preferred);
            }
        }
    }
}
