package javax.annotation;

/** What the generator marks its classes with; the JDK has it under another name. */
public @interface Generated {
    String[] value();

    String date() default "";

    String comments() default "";
}
